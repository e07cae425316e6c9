#pragma once

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

}  // namespace closelab::server
