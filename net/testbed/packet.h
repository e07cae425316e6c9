#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>

#include "closelab/verdict.h"
#include "net/verdict/transit.h"

namespace closelab::testbed {

/// TCP's control bits (RFC 9293 §3.1).
enum Flag : std::uint8_t { fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10 };

using net::Transit;

/// One captured segment. `from` is `client` or `server`.
struct Packet {
  std::chrono::nanoseconds at{};
  Side from = Side::client;
  std::uint8_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  /// Scaled (RFC 7323 §2.3).
  std::uint32_t window = 0;
  std::uint32_t payload = 0;
  /// IP's identification and TCP's checksum: tells copies of one packet, seen in two places, from one sent again.
  std::uint32_t fingerprint = 0;
  Transit transit = Transit::unknown;
  /// When it arrived, if delivered.
  std::chrono::nanoseconds arrived{};

  bool has(Flag flag) const { return (flags & flag) != 0; }
  /// The sequence number after the segment; SYN and FIN count as one.
  std::uint32_t end() const { return sequence + payload + (has(syn) ? 1U : 0U) + (has(fin) ? 1U : 0U); }
};

/// `SYN, ACK`; PSH, which changes nothing for a connection, is left out.
std::string flag_names(const Packet& packet);

/// One line a packet, with times and numbers relative to the first of its direction.
std::ostream& operator<<(std::ostream& out, std::span<const Packet> packets);

}  // namespace closelab::testbed
