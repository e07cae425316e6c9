#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "closelab/endpoint.h"
#include "closelab/evidence.h"

namespace closelab {

/// A TCP segment with SYN, FIN or RST that was seen on an interface of this machine.
struct SeenSegment {
  std::chrono::system_clock::time_point at{};
  /// As the packet has it: a v4-mapped address is in its IPv4 form, and no interface is named.
  Endpoint source{};
  Endpoint destination{};
  /// `from` is for whoever knows which end is the server's.
  fact::Segment segment{};
};

/// Sees the segments that open and end a server's connections: packets decide what a server's own sockets can't know,
/// such as how a remote client's FIN and ours crossed. A server that is given one (Options::witness) rests its verdicts
/// on it. closelab::packet_witness() is one that captures; it needs CAP_NET_RAW.
class Witness {
 public:
  Witness() = default;
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  virtual ~Witness() = default;

  /// From the return on, segments with SYN, FIN or RST from and to this endpoint are seen; of a wildcard address, from
  /// and to its port. Called once, by the constructor of Server, when it listens and nothing has been accepted. May
  /// throw, which the constructor then does.
  virtual void watch(const Endpoint& listening) = 0;

  /// Appends what was seen since the last call, in the order in which it was seen, and every segment that this
  /// machine's TCP had handled before the call. Must not wait. Called on one thread, at least ten times a second.
  virtual void collect(std::vector<SeenSegment>& segments) = 0;

  /// How many segments were missed so far: verdicts on the connections of that time do without packets. Called on the
  /// thread that calls collect(), after it.
  virtual std::uint64_t missed() = 0;
};

}  // namespace closelab
