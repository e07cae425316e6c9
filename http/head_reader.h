#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/message.h"
#include "http/head_rules.h"
#include "http/refusal.h"

namespace closelab::http {

/// Takes the bytes of a request's head as they arrive, judges every line by head_rules, and keeps the head in one
/// piece to be taken apart when it is complete. Reused for many requests: reset() keeps the memory.
class HeadReader {
 public:
  explicit HeadReader(const HttpLimits& limits);
  HeadReader(const HeadReader&) = delete;
  HeadReader& operator=(const HeadReader&) = delete;

  /// Returns how many bytes were taken: up to the end of the head, or to the byte that is at fault.
  std::size_t feed(std::string_view bytes);
  void reset();

  /// A byte of a request was taken, or of what was refused as one; empty lines before it don't count
  /// (RFC 9112 §2.2).
  bool started() const { return !head_.empty() || phase_ == Phase::refused; }
  bool complete() const { return phase_ == Phase::complete; }
  /// fault != none when the head was refused.
  const ParseError& error() const { return error_; }
  /// Once complete, from the request line to the empty line, without empty lines before it. Stays where it is until
  /// reset(). A minor version that we don't know reads 1: HTTP/1.x is served as 1.1 (RFC 9110 §2.5).
  std::string_view text() const { return head_; }
  /// As far as they are known, also of a head that is not complete or was refused. Valid until the next feed().
  std::string_view method() const { return request_line_.has_method() ? request_line_.method(head_) : ""; }
  std::string_view target() const { return request_line_.has_method() ? request_line_.target(head_) : ""; }
  /// Bytes taken since reset().
  std::uint64_t bytes_taken() const { return empty_line_bytes_ + head_.size(); }

 private:
  enum class Phase : std::uint8_t { empty_lines, request_line, field_lines, complete, refused };

  Refusal step_empty_line(char c);
  std::size_t take_empty_lines(std::string_view bytes);
  std::size_t take_request_line(std::string_view bytes);
  std::size_t take_field_lines(std::string_view bytes);
  /// Returns the bytes taken; ends before a line that is out of the ordinary, or not there to its end.
  std::size_t take_whole_field_lines(std::string_view bytes);
  /// This and the next add to `taken` what they take of `bytes` from there on: up to the line's end, or to the byte
  /// that is at fault.
  Refusal take_field_line(std::string_view bytes, std::size_t& taken);
  template <typename Line>
  Refusal take_bytes(Line& line, std::string_view bytes, std::size_t& taken) const;
  /// Bytes that the head may still grow by.
  std::size_t room() const { return limits_.header_bytes - head_.size(); }
  bool over_field_count(char first) const {
    return field_count_ >= limits_.header_count && field_line_.at_start() && first != '\r';
  }
  void end_request_line();
  void refuse(Refusal fault, char byte);

  HttpLimits limits_;
  Phase phase_ = Phase::empty_lines;
  RequestLine request_line_;
  FieldLine field_line_;
  std::size_t field_count_ = 0;
  std::string head_;
  std::size_t empty_line_bytes_ = 0;
  ParseError error_;
};

}  // namespace closelab::http
