#include "server/text/printable.h"

#include <algorithm>
#include <cstdint>

namespace closelab::server {
namespace {

/// A character of UTF-8 at the beginning of a text; of bytes that are none, the first.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

std::size_t size_by_first(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

/// Neither overlong nor a surrogate (RFC 3629 §3).
bool is_valid(std::uint32_t code, std::size_t size) {
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= least[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = size_by_first(byte(0));
  if (size == 0 || size > text.size()) return {};
  std::uint32_t code = size == 1 ? byte(0) : byte(0) & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  return is_valid(code, size) ? Character{code, size, true} : Character{};
}

/// Control characters, codes that are no characters, and those that turn the direction of writing: what follows would
/// read as something else.
bool steers(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool marks = code == 0x061c || code == 0x200e || code == 0x200f || code == 0x2028 || code == 0x2029;
  const bool embeds = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return control || marks || embeds || code == 0xfffe || code == 0xffff;
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

}  // namespace

std::string printable(std::string_view bytes) { return printable_text(bytes, Charset::ascii); }

std::string printable_text(std::string_view text, Charset charset) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character first = first_character(text);
    const bool shown = first.valid && !steers(first.code) && (charset == Charset::utf8 || first.code < 0x80);
    const std::string_view bytes = text.substr(0, first.size);
    if (shown) out += bytes;
    for (const char c : shown ? std::string_view() : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 0xf];
    }
    text.remove_prefix(first.size);
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && ++seen + 3 > columns) break;
  return std::string(text.substr(0, at)) + (columns < 3 ? "" : "...");
}

}  // namespace closelab::server
