#include "closelab/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <ostream>

namespace closelab {

bool is_v4_mapped(const Endpoint& endpoint) {
  static constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return endpoint.family == AddressFamily::ipv6 && std::equal(prefix.begin(), prefix.end(), endpoint.address.begin());
}

std::string address_text(const Endpoint& endpoint) {
  if (endpoint.family == AddressFamily::unspecified) return "-";
  char text[INET6_ADDRSTRLEN] = "";
  const bool as_ipv4 = endpoint.family == AddressFamily::ipv4 || is_v4_mapped(endpoint);
  const std::uint8_t* bytes = endpoint.address.data() + (is_v4_mapped(endpoint) ? 12 : 0);
  ::inet_ntop(as_ipv4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
  std::string result = text;
  if (endpoint.scope_id != 0) result += '%' + std::to_string(endpoint.scope_id);
  return result;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.family == AddressFamily::unspecified) return "-";
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
