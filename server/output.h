#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "closelab/handler.h"
#include "net/stream.h"

namespace closelab::server {

/// The bytes that a connection has still to hand to the kernel: heads and small bodies of one or several pipelined
/// responses in one buffer, then at most one large or streamed body.
class Output {
 public:
  enum class Result : std::uint8_t {
    flushed,     ///< everything is with the kernel
    blocked,     ///< the kernel takes no more for now, or others must have their turn
    failed,      ///< send() failed: error()
    incomplete,  ///< the body source ended early or threw: the response can't be completed
  };

  /// Where heads are written.
  std::string& buffer() { return buffer_; }
  void add_body(std::string body);
  /// `length`: what Content-Length promised; unset with `chunked` or when the end of the connection delimits.
  void add_source(BodySource source, std::optional<std::uint64_t> length, bool chunked);

  /// Hands over as much as the kernel takes. With `more` the last segment may wait for a FIN to join it.
  Result write(const net::Stream& stream, net::MoreToCome more);

  bool empty() const { return pending() == 0 && !source_; }
  /// A body is under way: no further response may be added before it is flushed.
  bool has_body() const { return !body_.empty() || source_ != nullptr; }
  int error() const { return error_; }
  /// Body bytes taken from a source since the last call.
  std::uint64_t take_streamed() { return std::exchange(streamed_, 0); }
  /// Bytes handed to the kernel since the last reset; tells whether a slow client makes progress.
  std::uint64_t written() const { return written_; }
  /// Forgets everything, keeps the memory.
  void reset();

 private:
  std::size_t pending() const { return buffer_.size() + body_.size() - sent_; }
  Result write_pending(const net::Stream& stream, net::MoreToCome more);
  bool pull();
  void drop_sent();
  void clear_sent();

  std::string buffer_;
  std::string body_;
  std::size_t sent_ = 0;
  BodySource source_;
  std::optional<std::uint64_t> left_;  // of a source with a length
  bool chunked_ = false;
  std::string piece_;
  std::uint64_t streamed_ = 0;
  std::uint64_t written_ = 0;
  int error_ = 0;
};

}  // namespace closelab::server
