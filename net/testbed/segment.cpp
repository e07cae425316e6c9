#include "net/testbed/segment.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace closelab::testbed {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t ethernet_header = 14;
constexpr std::size_t tcp_header = 20;
constexpr unsigned char protocol_tcp = 6;

std::uint16_t read_16(Bytes at, std::size_t offset) {
  return static_cast<std::uint16_t>(at[offset] << 8 | at[offset + 1]);
}

std::uint32_t read_32(Bytes at, std::size_t offset) {
  return static_cast<std::uint32_t>(read_16(at, offset)) << 16 | read_16(at, offset + 2);
}

Endpoint read_address(Bytes at, AddressFamily family) {
  Endpoint endpoint;
  endpoint.family = family;
  std::copy_n(at.begin(), family == AddressFamily::ipv4 ? 4 : 16, endpoint.address.begin());
  return endpoint;
}

/// The shift of the window scale option in a SYN (RFC 7323 §2.2).
unsigned read_window_scale(Bytes options) {
  while (!options.empty() && options[0] != 0) {
    if (options[0] == 1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return 0;
    if (options[0] == 3 && options[1] == 3) return options[2];
    options = options.subspan(options[1]);
  }
  return 0;
}

/// `payload` of the segment holds the length of what IP carries.
bool parse_tcp(Bytes tcp, Segment& segment) {
  if (tcp.size() < tcp_header) return false;
  const std::size_t length = (tcp[12] >> 4U) * 4U;
  if (length < tcp_header || tcp.size() < length) return false;
  Packet& packet = segment.packet;
  segment.source.port = read_16(tcp, 0);
  segment.destination.port = read_16(tcp, 2);
  packet.sequence = read_32(tcp, 4);
  packet.acknowledgement = read_32(tcp, 8);
  packet.flags = tcp[13] & 0x1fU;
  packet.window = read_16(tcp, 14);
  packet.fingerprint |= read_16(tcp, 16);
  packet.payload -= static_cast<std::uint32_t>(length);
  if (packet.has(syn)) segment.window_scale = read_window_scale(tcp.subspan(tcp_header, length - tcp_header));
  return true;
}

bool parse_ipv4(Bytes ip, Segment& segment) {
  const std::size_t length = (ip[0] & 0x0fU) * 4U;
  if (length < 20 || ip.size() < length || ip[9] != protocol_tcp) return false;
  segment.packet.payload = read_16(ip, 2) - static_cast<std::uint32_t>(length);
  segment.packet.fingerprint = static_cast<std::uint32_t>(read_16(ip, 4)) << 16;
  segment.source = read_address(ip.subspan(12), AddressFamily::ipv4);
  segment.destination = read_address(ip.subspan(16), AddressFamily::ipv4);
  return parse_tcp(ip.subspan(length), segment);
}

bool parse_ipv6(Bytes ip, Segment& segment) {
  if (ip.size() < 40 || ip[6] != protocol_tcp) return false;
  segment.packet.payload = read_16(ip, 4);
  segment.source = read_address(ip.subspan(8), AddressFamily::ipv6);
  segment.destination = read_address(ip.subspan(24), AddressFamily::ipv6);
  return parse_tcp(ip.subspan(40), segment);
}

}  // namespace

std::optional<Segment> parse_segment(Bytes frame, LinkLayer link) {
  if (link == LinkLayer::ethernet) frame = frame.subspan(std::min(ethernet_header, frame.size()));
  if (frame.size() < 20) return std::nullopt;
  Segment segment;
  const bool parsed = frame[0] >> 4 == 4 ? parse_ipv4(frame, segment) : parse_ipv6(frame, segment);
  return parsed ? std::optional(segment) : std::nullopt;
}

bool operator<(const Ends& a, const Ends& b) {
  const auto key = [](const Ends& ends) {
    return std::tie(ends.client.port, ends.server.port, ends.client.family, ends.client.address, ends.server.address);
  };
  return key(a) < key(b);
}

Endpoint plain(Endpoint endpoint) {
  if (!is_v4_mapped(endpoint)) return endpoint;
  Endpoint result;
  result.family = AddressFamily::ipv4;
  result.port = endpoint.port;
  std::copy_n(endpoint.address.begin() + 12, 4, result.address.begin());
  return result;
}

namespace {

/// The newest, but that the old connection's server may answer the SYN of a new one, and the client that answer by RST:
/// both have the old one's numbers.
std::vector<Packet>& connection_of(const Packet& packet, std::vector<std::vector<Packet>>& connections) {
  std::vector<Packet>& newest = connections.back();
  const bool is_answered =
      std::ranges::any_of(newest, [](const Packet& each) { return each.from == Side::server && each.has(syn); });
  if (connections.size() < 2 || is_answered) return newest;
  const std::uint32_t first = newest.front().sequence + 1;
  const bool is_new = packet.from == Side::client ? packet.sequence == first : packet.acknowledgement == first;
  return is_new ? newest : connections[connections.size() - 2];
}

}  // namespace

void ConnectionSorter::add(const Segment& segment) {
  Packet packet = segment.packet;
  Ends ends{segment.source, segment.destination};
  if (packet.has(syn) && !packet.has(ack)) {
    auto& connections = connections_[ends];
    const bool repeated = !connections.empty() && connections.back().front().sequence == packet.sequence;
    if (!repeated) connections.emplace_back();
    scales_[ends].client = segment.window_scale;
    return connections.back().push_back(packet);
  }
  auto found = connections_.find(ends);
  if (found == connections_.end()) {
    packet.from = Side::server;
    std::swap(ends.client, ends.server);
    found = connections_.find(ends);
  }
  if (found == connections_.end()) return;
  Scales& scales = scales_[ends];
  unsigned& scale = packet.from == Side::server ? scales.server : scales.client;
  if (packet.has(syn)) {
    scale = segment.window_scale;
  } else {
    packet.window <<= scale;
  }
  connection_of(packet, found->second).push_back(packet);
}

}  // namespace closelab::testbed
