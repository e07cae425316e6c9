#include "server/lab/experiments/response_reader.h"

#include <algorithm>
#include <cstdlib>

namespace closelab::lab {

std::optional<std::size_t> ResponseReader::length(bool at_eof) const {
  const std::size_t head_end = buffer_.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  const std::size_t body = head_end + 4;
  const std::string_view head = std::string_view(buffer_).substr(0, head_end);
  constexpr std::string_view length_field = "Content-Length: ";
  constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
  if (const std::size_t at = head.find(length_field); at != std::string_view::npos)
    return body + std::strtoull(buffer_.c_str() + at + length_field.size(), nullptr, 10);
  if (head.find("Transfer-Encoding: chunked") != std::string_view::npos) {
    // From the CRLF of the head on: a body may be nothing but the last chunk.
    const std::size_t at = buffer_.find(last_chunk, body - 2);
    return at == std::string::npos ? std::nullopt : std::optional(at + last_chunk.size());
  }
  return at_eof ? std::optional(buffer_.size()) : std::nullopt;
}

std::optional<std::uint64_t> ResponseReader::take(bool at_eof) {
  const std::optional<std::size_t> size = length(at_eof);
  if (!size || *size > buffer_.size()) return std::nullopt;
  status_ = buffer_.substr(std::min<std::size_t>(9, buffer_.size()), buffer_.find('\r') - 9);
  buffer_.erase(0, *size);
  return *size;
}

std::string ResponseReader::take_bytes(std::uint64_t most) {
  const std::size_t size = std::min<std::uint64_t>(most, buffer_.size());
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

}  // namespace closelab::lab
