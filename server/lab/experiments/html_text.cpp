#include "server/lab/experiments/html_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace closelab::lab {
namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n') || c == '\x7f'; }

bool is_plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// Of UTF-8: 10xxxxxx.
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::string escaped_character(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return is_control(c) ? "\uFFFD" : std::string(1, c);
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) result += escaped_character(c);
  return result;
}

std::string anchor(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result, [](char c) { return !is_plain(c); }, '-');
  return result;
}

std::string shortened(std::string_view text, std::size_t characters) {
  std::size_t count = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (continues_character(text[i])) continue;
    if (++count == characters) kept = i;
    if (count > characters) return std::string(text.substr(0, kept)) + "\u2026";
  }
  return std::string(text);
}

std::string milliseconds_text(std::chrono::nanoseconds time) {
  return fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(time).count());
}

}  // namespace closelab::lab
