#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "closelab/message.h"
#include "http/head_rules.h"
#include "http/refusal.h"
#include "http/request_rules.h"

namespace closelab::http {

/// Follows the bytes of a request's body as they arrive and judges its framing by head_rules. Keeps none of them.
class BodyReader {
 public:
  explicit BodyReader(const HttpLimits& limits) : limits_(limits) {}

  /// The body of a head that took so many bytes; `framing` is not none.
  void start(const HeadMeaning& meaning, std::uint64_t head_bytes);

  /// Returns the beginning of `bytes`, which is not empty, that is of one kind; with a fault up to the byte that
  /// showed it. Not to be called behind the end of the message.
  std::string_view take(std::string_view bytes);

  /// The bytes just taken are data, or framing that a decoder needs to find it. Chunk extensions and trailers, which
  /// we have no use for (RFC 9112 §7.1.1, RFC 9110 §6.5.1), end here.
  bool is_needed() const { return needed_; }
  /// fault != none when the body was refused.
  const ParseError& error() const { return error_; }

 private:
  /// What the next byte belongs to. With Content-Length all is data.
  enum class Part : std::uint8_t { size_line, data, data_cr, data_lf, trailers };

  std::string_view take_data(std::string_view bytes);
  Refusal step(char c);
  Refusal step_size_line(char c);
  Refusal step_data_end(char c, char expected, Part next);
  Refusal step_trailers(char c);
  Refusal end_size_line();

  HttpLimits limits_;
  Part part_ = Part::data;
  std::uint64_t data_left_ = 0;
  /// What the chunks to come may hold together.
  std::uint64_t room_ = 0;
  std::uint64_t bytes_taken_ = 0;
  std::size_t overhead_bytes_ = 0;
  bool needed_ = true;
  ChunkSizeLine size_line_;
  FieldLine trailer_line_;
  ParseError error_;
};

}  // namespace closelab::http
