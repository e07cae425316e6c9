#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "closelab/message.h"
#include "http/head_rules.h"
#include "http/refusal.h"
#include "http/request_rules.h"

namespace closelab::http {

/// Takes the bytes of a request's body as they arrive, has its framing judged by head_rules, and keeps the data. Chunk
/// extensions and trailers, which we have no use for (RFC 9112 §7.1.1, RFC 9110 §6.5.1), end here.
class BodyReader {
 public:
  explicit BodyReader(const HttpLimits& limits) : limits_(limits) {}

  /// The body of a head that took so many bytes; `framing` is not none.
  void start(const HeadMeaning& meaning, std::uint64_t head_bytes);
  /// Gives the memory of a body over 64 KiB back.
  void reset();

  /// Returns how many bytes were taken: up to the end of the body, or to the byte that is at fault.
  std::size_t feed(std::string_view bytes);

  bool complete() const { return part_ == Part::complete; }
  /// Without the framing of chunks.
  std::string_view data() const { return data_; }
  /// What it takes to keep them.
  std::size_t memory() const { return data_.capacity() + line_.size(); }
  /// fault != none when the body was refused.
  const ParseError& error() const { return error_; }

 private:
  /// What the next byte belongs to. With Content-Length all is data.
  enum class Part : std::uint8_t { size_line, data, data_end, trailers, complete };

  std::size_t take_data(std::string_view bytes);
  std::size_t take_line(std::string_view bytes);
  ChunkSizeLine judge_line() const;
  void count_overhead(ChunkSizeLine& line);
  void end_line(const ChunkSizeLine& line);
  void end_size_line(std::uint64_t chunk_bytes);

  HttpLimits limits_;
  BodyFraming framing_ = BodyFraming::none;
  Part part_ = Part::complete;
  std::uint64_t data_left_ = 0;
  std::uint64_t bytes_taken_ = 0;
  /// Bytes of extensions and trailers, of lines that are complete.
  std::size_t overhead_bytes_ = 0;
  /// As much as has arrived of the line that is being taken.
  std::string line_;
  std::string data_;
  ParseError error_;
};

}  // namespace closelab::http
