#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace closelab::lab {

/// Finds the end of the responses of the lab's server in a stream of bytes.
class ResponseReader {
 public:
  void add(std::string_view bytes) { buffer_ += bytes; }
  /// Takes a complete response off the bytes that have come: its length. `at_eof` ends one without a length.
  std::optional<std::uint64_t> take(bool at_eof = false);
  /// Takes bytes as they are; returns how many there were, at most `most`.
  std::string take_bytes(std::uint64_t most);
  std::size_t size() const { return buffer_.size(); }
  /// `200 OK` of the last response taken.
  const std::string& status() const { return status_; }

 private:
  std::optional<std::size_t> length(bool at_eof) const;

  std::string buffer_;
  std::string status_;
};

}  // namespace closelab::lab
