#pragma once

#include <string_view>

#include "closelab/witness.h"
#include "net/witness/stories.h"

namespace closelab::net {

/// `S` SYN, `F` FIN, `R` RST, `.` ACK: as tcpdump writes flags.
inline fact::Segment segment(Sender from, std::string_view flags, std::uint32_t sequence,
                             std::uint32_t acknowledgement = 0, std::uint32_t payload = 0) {
  const auto has = [&](char flag) { return flags.find(flag) != std::string_view::npos; };
  return {from, has('S'), has('F'), has('R'), has('.'), sequence, acknowledgement, payload};
}

inline Endpoint loopback(std::uint16_t port) {
  Endpoint endpoint{.family = AddressFamily::ipv4, .port = port};
  endpoint.address = {127, 0, 0, 1};
  return endpoint;
}

/// The ends of a connection from a port to 127.0.0.1:80.
inline ConnectionEnds ends_of(std::uint16_t client_port) { return {loopback(80), loopback(client_port)}; }

inline SeenSegment seen(std::uint16_t client_port, const fact::Segment& what) {
  const Endpoint client = loopback(client_port);
  const bool by_client = what.from == Sender::client;
  SeenSegment result{{}, by_client ? client : loopback(80), by_client ? loopback(80) : client, what};
  result.segment.from = Sender::client;  // a witness does not know
  return result;
}

}  // namespace closelab::net
