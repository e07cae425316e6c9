#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "closelab/message.h"
#include "http/head_rules.h"
#include "http/refusal.h"

namespace closelab::http {

/// Takes the bytes of a request's head as they arrive, has each line judged by head_rules, and keeps the head in one
/// piece to be taken apart when it is complete. Reused for many requests: reset() keeps the memory.
class HeadReader {
 public:
  explicit HeadReader(const HttpLimits& limits) : limits_(limits) {}
  HeadReader(const HeadReader&) = delete;
  HeadReader& operator=(const HeadReader&) = delete;

  /// Returns how many bytes were taken: up to the end of the head, or to the byte that is at fault.
  std::size_t feed(std::string_view bytes);
  void reset();

  /// A byte of a request was taken, or of what was refused as one; empty lines before it don't count
  /// (RFC 9112 §2.2).
  bool started() const { return !head_.empty() || refused(); }
  bool complete() const { return complete_; }
  bool refused() const { return error_.fault != Refusal::none; }
  /// fault != none when the head was refused.
  const ParseError& error() const { return error_; }
  /// Once complete, from the request line to the empty line, without empty lines before it. Stays where it is until
  /// reset().
  std::string_view text() const { return head_; }
  /// As far as it is known, also of a head that is not complete or was refused. Valid until the next feed().
  RequestLine request_line() const { return judge_request_line(head_, limits_.target_bytes); }
  /// Bytes taken since reset().
  std::uint64_t bytes_taken() const { return empty_line_bytes_ + head_.size(); }

 private:
  std::size_t take_empty_lines(std::string_view bytes);
  std::size_t judge(std::string_view text);
  void judge_first_line(std::string_view text);
  bool judge_next_line(std::string_view text);
  void refuse(Refusal fault, char byte);
  void refuse_too_large(std::string_view allowed, char next);

  HttpLimits limits_;
  std::string head_;
  std::size_t empty_line_bytes_ = 0;
  /// Whole lines of the head that were found good.
  std::size_t lines_ = 0;
  /// Their bytes, up to the one at fault when there is one.
  std::size_t judged_ = 0;
  bool complete_ = false;
  ParseError error_;
};

}  // namespace closelab::http
