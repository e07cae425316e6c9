#include "closelab/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <ostream>

namespace closelab {
namespace {

/// inet_ntop() prints an IPv4 address by sprintf(), which takes ten times as long; tables have tens of thousands.
char* write_ipv4(char* to, const std::uint8_t* bytes) {
  constexpr std::ptrdiff_t most_digits = 3;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *to++ = '.';
    to = std::to_chars(to, to + most_digits, bytes[i]).ptr;
  }
  return to;
}

constexpr std::size_t longest_port = std::string_view(":65535").size();

}  // namespace

bool is_v4_mapped(const Endpoint& endpoint) {
  static constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return endpoint.family == AddressFamily::ipv6 && std::equal(prefix.begin(), prefix.end(), endpoint.address.begin());
}

std::string address_text(const Endpoint& endpoint) {
  if (endpoint.family == AddressFamily::unspecified) return "-";
  char text[INET6_ADDRSTRLEN] = "";
  if (endpoint.family == AddressFamily::ipv4) return {text, write_ipv4(text, endpoint.address.data())};
  if (is_v4_mapped(endpoint)) {
    write_ipv4(text, endpoint.address.data() + 12);
  } else {
    ::inet_ntop(AF_INET6, endpoint.address.data(), text, sizeof text);
  }
  std::string result = text;
  if (endpoint.scope_id != 0) result += '%' + std::to_string(endpoint.scope_id);
  return result;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.family == AddressFamily::unspecified) return "-";
  if (endpoint.family == AddressFamily::ipv4) {
    char text[INET_ADDRSTRLEN + longest_port];
    char* const colon = write_ipv4(text, endpoint.address.data());
    *colon = ':';
    return {text, std::to_chars(colon + 1, std::end(text), endpoint.port).ptr};
  }
  const std::string address = address_text(endpoint);
  const bool brackets = address.find(':') != std::string::npos;
  return (brackets ? '[' + address + ']' : address) + ':' + std::to_string(endpoint.port);
}

std::string_view to_string(AddressFamily family) {
  static constexpr std::array<std::string_view, 3> names{"unspecified", "ipv4", "ipv6"};
  return names[static_cast<std::size_t>(family)];
}

std::ostream& operator<<(std::ostream& out, AddressFamily family) { return out << to_string(family); }

std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint) { return out << to_string(endpoint); }

}  // namespace closelab
