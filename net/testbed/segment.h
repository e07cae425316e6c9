#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "closelab/endpoint.h"
#include "net/testbed/packet.h"

namespace closelab::testbed {

/// What a captured frame begins with: an Ethernet header (lo pretends to have one), or IP at once (TUN).
enum class LinkLayer : std::uint8_t { ethernet, ip };

/// A TCP segment with its ends. `packet.from` and the scaling of `packet.window` are for whoever knows the connection.
struct Segment {
  Endpoint source;
  Endpoint destination;
  Packet packet;
  /// What a SYN offers (RFC 7323 §2.2).
  unsigned window_scale = 0;
};

/// Reads the headers of a captured frame; empty when it holds no complete TCP header.
std::optional<Segment> parse_segment(std::span<const unsigned char> frame, LinkLayer link);

/// A connection by its ends, as client and server; an IPv4 address is in its IPv4 form (see plain()).
struct Ends {
  Endpoint client;
  Endpoint server;

  friend bool operator==(const Ends&, const Ends&) = default;
};

bool operator<(const Ends& a, const Ends& b);

/// The IPv4 form of a v4-mapped address, which is how it travels.
Endpoint plain(Endpoint endpoint);

/// Connections by their ends, in the order of their SYNs.
using Connections = std::map<Ends, std::vector<std::vector<Packet>>>;

/// Sorts segments into connections. A SYN with a new sequence number begins one; what it repeats, or what belongs to
/// none, is part of the last with these ends.
class ConnectionSorter {
 public:
  void add(const Segment& segment);
  Connections take() { return std::move(connections_); }
  const Connections& connections() const { return connections_; }

 private:
  struct Scales {
    unsigned client = 0;
    unsigned server = 0;
  };

  Connections connections_;
  std::map<Ends, Scales> scales_;
};

}  // namespace closelab::testbed
