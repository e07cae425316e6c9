#include "net/socket/socket_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace closelab::net {

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress result;
  if (endpoint.family == AddressFamily::ipv4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.data(), sizeof v4.sin_addr);
    result.length = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    v6.sin6_scope_id = endpoint.scope_id;
    std::memcpy(&v6.sin6_addr, endpoint.address.data(), sizeof v6.sin6_addr);
    result.length = sizeof v6;
  }
  return result;
}

Endpoint to_endpoint(const SocketAddress& address) {
  Endpoint result;
  if (address.storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    result.family = AddressFamily::ipv4;
    result.port = ntohs(v4.sin_port);
    std::memcpy(result.address.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (address.storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    result.family = AddressFamily::ipv6;
    result.port = ntohs(v6.sin6_port);
    result.scope_id = v6.sin6_scope_id;
    std::memcpy(result.address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return result;
}

namespace {

/// `%eth0` or `%2`; 0 when there is none or it names no interface.
std::uint32_t scope_of(const std::string& text, std::size_t percent) {
  if (percent == std::string::npos) return 0;
  const std::string name = text.substr(percent + 1);
  if (const unsigned index = ::if_nametoindex(name.c_str())) return index;
  const bool digits = !name.empty() && name.size() <= 9 &&
                      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? static_cast<std::uint32_t>(std::stoul(name)) : 0;
}

}  // namespace

std::optional<Endpoint> parse_address(const std::string& text, std::uint16_t port) {
  Endpoint result;
  result.port = port;
  if (::inet_pton(AF_INET, text.c_str(), result.address.data()) == 1) {
    result.family = AddressFamily::ipv4;
    return result;
  }
  const std::size_t percent = text.find('%');
  if (::inet_pton(AF_INET6, text.substr(0, percent).c_str(), result.address.data()) != 1) return std::nullopt;
  result.family = AddressFamily::ipv6;
  result.scope_id = scope_of(text, percent);
  return result;
}

Endpoint local_endpoint(int fd) {
  SocketAddress address;
  if (::getsockname(fd, address.data(), &address.length) != 0) return {};
  return to_endpoint(address);
}

Endpoint without_mapping(const Endpoint& endpoint) {
  if (!is_v4_mapped(endpoint)) return endpoint;
  Endpoint result{.family = AddressFamily::ipv4, .port = endpoint.port, .scope_id = 0, .address = {}};
  std::copy_n(endpoint.address.begin() + 12, 4, result.address.begin());
  return result;
}

bool covers(const Endpoint& wide, const Endpoint& address) {
  const bool wildcard = wide.address == Endpoint{}.address;
  return wildcard &&
         (wide.family == AddressFamily::ipv6 || address.family == AddressFamily::ipv4 || is_v4_mapped(address));
}

namespace {

bool is_same_address(const sockaddr& address, const Endpoint& endpoint) {
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return false;
  SocketAddress copy;
  std::memcpy(&copy.storage, &address, address.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  const Endpoint other = to_endpoint(copy);
  const bool same_scope = endpoint.scope_id == 0 || other.scope_id == endpoint.scope_id;
  return same_scope && other.family == endpoint.family && other.address == endpoint.address;
}

}  // namespace

bool is_local_address(const Endpoint& endpoint) {
  const Endpoint wanted = without_mapping(endpoint);
  if (wanted.family == AddressFamily::ipv4 && wanted.address[0] == 127) return true;
  // A trial bind() would not do: with net.ipv4.ip_nonlocal_bind it passes for every address.
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr != nullptr && is_same_address(*entry->ifa_addr, wanted)) return true;
  }
  return false;
}

}  // namespace closelab::net
