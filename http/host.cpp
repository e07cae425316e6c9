#include "http/host.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "http/characters.h"

namespace closelab::http {
namespace {

// Takes the text up to the next separator off `rest`.
std::string_view take_piece(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return piece;
}

// The grammar allows any number of digits, and none; port 0 and those above 65535 are nobody's.
bool is_port(std::string_view text) {
  if (text.empty() || text == ":") return true;
  return text.front() == ':' && parse_decimal<std::uint16_t>(text.substr(1)).value_or(0) > 0;
}

// How many bytes at the beginning a registered name may be made of.
std::size_t count_registered_name(std::string_view text) {
  std::size_t size = count_leading(host_character, text);
  while (size < text.size() && text[size] == '%') {
    if (count_leading(hex_character, text.substr(size + 1, 2)) < 2) break;
    size += 3;
    size += count_leading(host_character, text.substr(size));
  }
  return size;
}

bool is_ipv4(std::string_view address) {
  if (std::ranges::count(address, '.') != 3 || address.back() == '.') return false;
  while (!address.empty()) {
    const std::string_view octet = take_piece(address, '.');
    const bool leading_zero = octet.size() > 1 && octet.front() == '0';
    if (leading_zero || !parse_decimal<std::uint8_t>(octet)) return false;
  }
  return true;
}

// How many groups of 16 bits these are, an IPv4 address at the end being two; nullopt when one is none.
std::optional<int> count_groups(std::string_view groups) {
  if (groups.ends_with(':')) return std::nullopt;
  int count = 0;
  while (!groups.empty()) {
    const std::string_view group = take_piece(groups, ':');
    if (groups.empty() && is_ipv4(group)) return count + 2;
    if (group.empty() || group.size() > 4 || !all(hex_character, group)) return std::nullopt;
    ++count;
  }
  return count;
}

// `::` stands for at least one group of zeros, once.
bool is_ipv6(std::string_view address) {
  const std::size_t gap = address.find("::");
  if (gap == std::string_view::npos) return count_groups(address) == 8;
  const auto high = count_groups(address.substr(0, gap));
  const auto low = count_groups(address.substr(gap + 2));
  return high && low && *high + *low < 8 && address.find('.') >= gap;
}

// No such address exists yet.
bool is_ip_future(std::string_view address) {
  const std::string_view version = take_piece(address, '.');
  if (version.size() < 2 || to_lower(version.front()) != 'v' || !all(hex_character, version.substr(1))) return false;
  return !address.empty() && std::ranges::all_of(address, [](char c) { return is(host_character, c) || c == ':'; });
}

}  // namespace

bool is_host(std::string_view value) {
  if (!value.starts_with('[')) {
    const std::size_t name = count_registered_name(value);
    // A port without a host is an invalid http URI (RFC 9110 §4.2.1).
    return name == value.size() || (name > 0 && is_port(value.substr(name)));
  }
  const std::size_t bracket = value.find(']');
  if (bracket == std::string_view::npos) return false;
  const std::string_view address = value.substr(1, bracket - 1);
  return (is_ipv6(address) || is_ip_future(address)) && is_port(value.substr(bracket + 1));
}

}  // namespace closelab::http
