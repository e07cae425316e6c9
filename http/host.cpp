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

bool is_registered_name(std::string_view name) {
  for (;;) {
    name.remove_prefix(count_leading(host_character, name));
    if (name.empty()) return true;
    const std::string_view escaped = name.substr(0, 3);
    if (escaped.size() < 3 || escaped.front() != '%' || !all(hex_character, escaped.substr(1))) return false;
    name.remove_prefix(escaped.size());
  }
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
    const std::size_t colon = std::min(value.find(':'), value.size());
    // A port without a host is an invalid http URI (RFC 9110 §4.2.1).
    return colon > 0 ? is_registered_name(value.substr(0, colon)) && is_port(value.substr(colon)) : value.empty();
  }
  const std::size_t bracket = value.find(']');
  if (bracket == std::string_view::npos) return false;
  const std::string_view address = value.substr(1, bracket - 1);
  return (is_ipv6(address) || is_ip_future(address)) && is_port(value.substr(bracket + 1));
}

}  // namespace closelab::http
