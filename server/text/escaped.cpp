#include "server/text/escaped.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http/characters.h"

namespace closelab::server {
namespace {

struct ShortEscape {
  char letter;
  char byte;
};
constexpr std::array<ShortEscape, 4> short_escapes{{{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'\\', '\\'}}};

/// What stands after a backslash, which is taken off the text.
std::optional<char> take_escape(std::string_view& text) {
  for (const auto& [letter, byte] : short_escapes) {
    if (!text.starts_with(letter)) continue;
    text.remove_prefix(1);
    return byte;
  }
  const bool hex = text.size() >= 3 && text[0] == 'x' && http::all(http::hex_character, text.substr(1, 2));
  if (!hex) return std::nullopt;
  const unsigned value = http::hex_value(text[1]) * 16 + http::hex_value(text[2]);
  text.remove_prefix(3);
  return static_cast<char>(value);
}

}  // namespace

Parsed<std::string> parse_escaped(std::string_view text) {
  Parsed<std::string> parsed;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t place = text.size() - rest.size();
    const char first = rest.front();
    rest.remove_prefix(1);
    const std::optional<char> byte = first == '\\' ? take_escape(rest) : first;
    if (!byte) {
      return refused<std::string>("byte " + std::to_string(place) +
                                  ": a backslash begins \\r, \\n, \\t, \\\\ or \\xNN");
    }
    parsed.value += *byte;
  }
  return parsed;
}

std::string format_escaped(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const auto* escape = std::ranges::find(short_escapes, c, &ShortEscape::byte);
    if (escape != short_escapes.end()) {
      text += {'\\', escape->letter};
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
    }
  }
  return text;
}

}  // namespace closelab::server
