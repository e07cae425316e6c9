#include "net/testbed/two_views.h"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace closelab::testbed {
namespace {

/// Copies of one packet are equal in this.
using Identity = std::tuple<std::uint16_t, std::uint16_t, std::uint32_t, std::uint32_t, std::uint8_t, std::uint32_t>;

Identity identity(const Segment& segment) {
  const Packet& packet = segment.packet;
  return {segment.source.port, segment.destination.port, packet.sequence, packet.payload,
          packet.flags,        packet.fingerprint};
}

bool is_from(const Segment& segment, const Endpoint& host) {
  return segment.source.family == host.family && segment.source.address == host.address;
}

/// One direction: what the sender's end saw leave, and the receiver's arrive.
class Direction {
 public:
  void left(const Segment& segment) { departures_.push_back(segment); }
  void arrived(const Segment& segment) { arrivals_[identity(segment)].push(segment); }

  void join_into(std::vector<Segment>& joined) {
    for (Segment segment : departures_) {
      auto& arrivals = arrivals_[identity(segment)];
      segment.packet.transit = arrivals.empty() ? Transit::lost : Transit::delivered;
      if (!arrivals.empty()) {
        segment.packet.arrived = arrivals.front().packet.at;
        arrivals.pop();
      }
      joined.push_back(segment);
    }
    for (auto& [key, rest] : arrivals_) {
      for (; !rest.empty(); rest.pop()) {
        joined.push_back(rest.front());
        joined.back().packet.transit = Transit::repeated;
        joined.back().packet.arrived = joined.back().packet.at;
      }
    }
  }

 private:
  std::vector<Segment> departures_;
  std::map<Identity, std::queue<Segment>> arrivals_;
};

}  // namespace

std::vector<Segment> join_views(const std::vector<Segment>& at_client, const std::vector<Segment>& at_server,
                                const Endpoint& client) {
  Direction to_server;
  Direction to_client;
  for (const Segment& segment : at_client)
    is_from(segment, client) ? to_server.left(segment) : to_client.arrived(segment);
  for (const Segment& segment : at_server)
    is_from(segment, client) ? to_server.arrived(segment) : to_client.left(segment);
  std::vector<Segment> joined;
  to_server.join_into(joined);
  to_client.join_into(joined);
  std::ranges::stable_sort(joined, {}, [](const Segment& segment) { return segment.packet.at; });
  return joined;
}

}  // namespace closelab::testbed
