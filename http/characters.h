#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace closelab::http {

/// The byte classes that the grammar of HTTP/1.1 is made of.
enum CharacterClass : std::uint8_t {
  token_character = 1,   ///< tchar (RFC 9110 §5.6.2)
  value_character = 2,   ///< field-vchar, SP and HTAB (RFC 9110 §5.5)
  target_character = 4,  ///< printable ASCII without `%`, which begins an encoding, and `#`, which is never sent
  host_character = 8,    ///< unreserved and sub-delims (RFC 3986 §3.2.2)
  digit_character = 16,
  hex_character = 32,
};

constexpr bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

constexpr std::uint8_t classify(unsigned byte) {
  const char c = static_cast<char>(byte);
  const bool digit = c >= '0' && c <= '9';
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool visible = byte > 0x20 && byte < 0x7f;
  unsigned classes = 0;
  if (digit || letter || (visible && contains("!#$%&'*+-.^_`|~", c))) classes |= token_character;
  if (visible || byte >= 0x80 || c == ' ' || c == '\t') classes |= value_character;
  if (visible && c != '#' && c != '%') classes |= target_character;
  if (digit || letter || (visible && contains("-._~!$&'()*+,;=", c))) classes |= host_character;
  if (digit) classes |= digit_character;
  if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes |= hex_character;
  return static_cast<std::uint8_t>(classes);
}

inline constexpr auto character_classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) table[byte] = classify(byte);
  return table;
}();

constexpr bool is(CharacterClass wanted, char c) {
  return (character_classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// How many bytes at the beginning are of that class.
constexpr std::size_t count_leading(CharacterClass wanted, std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is(wanted, text[count])) ++count;
  return count;
}

/// True when every byte is of that class; true for an empty text.
constexpr bool all(CharacterClass wanted, std::string_view text) { return count_leading(wanted, text) == text.size(); }

/// How many bytes at the beginning come before the first control character, HTAB too. Eight bytes at a time, at 2
/// instructions a byte instead of 6, since field values are most of a request.
inline std::size_t count_leading_text(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = ones * 0x80;
  std::size_t count = 0;
  for (; text.size() - count >= sizeof(std::uint64_t); count += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + count, sizeof word);
    // The high bit of each byte that is below 0x20 or is 0x7f. Sums of 7 bits don't carry into the next byte.
    const std::uint64_t low_bits = word & ~high_bits;
    const std::uint64_t controls = ((low_bits + ones) | ~(low_bits + ones * 0x60)) & ~word & high_bits;
    if (controls == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return count + static_cast<std::size_t>(std::countr_zero(controls)) / 8;
  }
  while (count < text.size() && text[count] != '\t' && is(value_character, text[count])) ++count;
  return count;
}

/// How many bytes at the beginning are value_characters.
inline std::size_t count_field_value(std::string_view text) {
  std::size_t count = count_leading_text(text);
  while (count < text.size() && text[count] == '\t') count += 1 + count_leading_text(text.substr(count + 1));
  return count;
}

/// True when every byte is a value_character; true for an empty text.
inline bool is_field_value(std::string_view text) { return count_field_value(text) == text.size(); }

/// ASCII only, whatever the locale.
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

/// The value of a hex_character.
constexpr unsigned hex_value(char c) {
  return static_cast<unsigned>(is(digit_character, c) ? c - '0' : to_lower(c) - 'a' + 10);
}

/// 1*DIGIT, leading zeros and all; nullopt for anything else, and for what Number can't hold.
template <typename Number>
std::optional<Number> parse_decimal(std::string_view digits) {
  Number number = 0;
  static_assert(std::is_unsigned_v<Number>);  // from_chars takes no sign then
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, number);
  return result.ec == std::errc{} && result.ptr == end ? std::optional(number) : std::nullopt;
}

/// Without the optional whitespace around it (OWS, RFC 9110 §5.6.3).
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `visit` with each element of a comma-separated list, empty ones left out (RFC 9110 §5.6.1.2).
template <typename Visit>
constexpr void for_each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) visit(element);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

}  // namespace closelab::http
