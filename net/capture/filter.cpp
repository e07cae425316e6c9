#include "net/capture/filter.h"

#include <algorithm>

#include "net/socket/socket_address.h"

namespace closelab::capture {
namespace {

bool is_wildcard(const Endpoint& endpoint) {
  return std::ranges::all_of(endpoint.address, [](std::uint8_t byte) { return byte == 0; });
}

std::string host_of(const Endpoint& endpoint) {
  if (is_wildcard(endpoint)) return "";
  Endpoint address = net::without_mapping(endpoint);
  address.scope_id = 0;
  return " and host " + address_text(address);
}

}  // namespace

/// What leaves through lo, interface 1 of every network namespace, also arrives there.
std::string filter_of(const Endpoint& endpoint) {
  return "tcp port " + std::to_string(endpoint.port) + host_of(endpoint) + " and not (ifindex 1 and outbound)";
}

/// pcap-filter(7) reads `tcp[...]` of IPv4 only. Of IPv6 the flags are at byte 53, where no extension header stands in
/// between.
std::string ending_filter_of(const Endpoint& endpoint) {
  return filter_of(endpoint) + " and (tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or (ip6 and ip6[53] & 7 != 0))";
}

}  // namespace closelab::capture
