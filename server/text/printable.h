#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace closelab::server {

/// A peer's bytes made safe to show: what is not printable ASCII becomes `\xNN`, so that a request
/// target can neither steer a terminal nor break a line.
inline std::string printable(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += digits[byte >> 4];
      text += digits[byte & 0xf];
    }
  }
  return text;
}

/// `1 byte`, `2 bytes`.
inline std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace closelab::server
