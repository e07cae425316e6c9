#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "closelab/handler.h"
#include "net/socket/stream.h"

namespace closelab::server {

/// The bytes that a connection has still to hand to the kernel: heads and small bodies of one or several pipelined
/// responses in one buffer, then at most one large or streamed body.
class Output {
 public:
  enum class Result : std::uint8_t {
    flushed,     ///< everything is with the kernel
    held,        ///< so is everything up to hold_at() or hold_wire_at()
    paced,       ///< allow() was used up
    starved,     ///< so is everything that has been written to the body's stream
    blocked,     ///< the kernel takes no more for now, or others must have their turn
    failed,      ///< send() failed: error()
    incomplete,  ///< the body source ended early or threw: the response can't be completed
  };

  /// Where heads are written.
  std::string& buffer() { return buffer_; }
  /// How much is there.
  std::size_t gathered() const { return buffer_.size(); }
  /// Before a response of which hold_at() or omit_last_chunk() is wanted.
  void begin_response();
  void add_body(std::string&& body);
  /// `length`: what Content-Length promised; unset with `chunked` or when the end of the connection delimits.
  void add_source(BodySource source, std::optional<std::uint64_t> length, bool chunked);
  /// A body that is to stop inside, or to be sent in chunks.
  void add_pieces(std::string body, bool chunked);
  void add_stream(BodyStream stream, bool chunked);

  /// Stops (Result::held) when exactly so many bytes of the body that is added next have been handed over, if it has so
  /// many; unset: nowhere. A body must be added as a source, pieces or a stream to stop inside it.
  void hold_at(std::optional<std::uint64_t> body_bytes) { hold_at_ = body_bytes; }
  /// The same of the bytes of the response that begin_response() was called for, as they go over the wire.
  void hold_wire_at(std::optional<std::uint64_t> bytes) { hold_wire_at_ = bytes; }
  /// It is what stops it, and how many of them have been handed over.
  bool is_at_wire_hold() const { return hold_wire_at_ && written_ == wire_begin_ + *hold_wire_at_; }
  std::uint64_t wire_position() const { return written_ - wire_begin_; }
  /// Bytes that are no part of the response, and go out next.
  void say(std::string_view bytes);
  /// Those of the response to come.
  void set_trailers(std::string_view lines) { trailers_ = lines; }
  /// How many bytes of the body under way have been handed over when write() returns `held`.
  std::uint64_t body_position() const { return position_; }
  /// The body's last chunk is left out: nobody can take it for complete.
  void omit_last_chunk() { omit_last_chunk_ = true; }
  /// Hands over at most so many bytes more; unset: any number.
  void allow(std::optional<std::uint64_t> bytes) { allowance_ = bytes; }

  /// Hands over as much as the kernel takes. With `more` the last segment may wait for a FIN to join it.
  Result write(net::Stream& stream, net::MoreToCome more);

  bool empty() const { return pending() == 0 && !source_ && !hold_at_ && !is_at_wire_hold(); }
  /// Nothing of it is left, but perhaps a stop.
  bool is_complete() const { return pending() == 0 && !source_; }
  /// The kernel has all that was queued, though a body may be under way.
  bool is_handed_over() const { return pending() == 0; }
  /// A body is under way: no further response may be added before it is flushed.
  bool has_body() const { return !body_.empty() || source_ != nullptr; }
  int error() const { return error_; }
  /// What it takes to keep what is to be sent.
  std::size_t memory() const {
    return buffer_.capacity() + body_.capacity() + piece_.capacity() + (source_ ? kept_by_source_ : 0);
  }
  /// Body bytes taken from a source since the last call; those that are still here don't count.
  std::uint64_t take_streamed();
  /// Bytes handed to the kernel since the last reset; tells whether a slow client makes progress.
  std::uint64_t written() const { return written_; }
  /// Forgets everything, keeps the memory.
  void reset();

 private:
  enum class Pulled : std::uint8_t { bytes, nothing_yet, end, failed };
  using Source = std::function<Pulled(std::string& to, std::size_t max)>;

  void start_body(Source source, std::optional<std::uint64_t> length, bool chunked);
  std::size_t pending() const { return buffer_.size() + body_.size() - sent_; }
  bool is_at_hold() const { return hold_at_ == position_; }
  Result write_pending(net::Stream& stream, net::MoreToCome more);
  Pulled pull();
  std::size_t most_to_send() const;
  std::size_t most_to_pull() const;
  void drop_sent();
  void clear_sent();

  std::string buffer_;
  std::string body_;
  std::size_t sent_ = 0;
  Source source_;
  /// The memory of a body that is its source.
  std::size_t kept_by_source_ = 0;
  std::optional<std::uint64_t> left_;  // of a source with a length
  bool chunked_ = false;
  bool omit_last_chunk_ = false;
  std::string trailers_;
  std::optional<std::uint64_t> hold_at_;
  std::optional<std::uint64_t> hold_wire_at_;
  /// What had been handed over when the response began.
  std::uint64_t wire_begin_ = 0;
  std::optional<std::uint64_t> allowance_;
  std::uint64_t position_ = 0;
  /// Body bytes from a source in what is to be handed over.
  struct WirePiece {
    /// As `written_` counts.
    std::uint64_t end = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<WirePiece> wire_pieces_;
  std::string piece_;
  std::uint64_t streamed_ = 0;
  std::uint64_t written_ = 0;
  int error_ = 0;
};

}  // namespace closelab::server
