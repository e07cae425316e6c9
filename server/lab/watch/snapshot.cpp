#include "server/lab/watch/snapshot.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

bool is_listed(const TcpFilter& filter, const TcpSocket& socket) {
  return !filter.states.empty() || socket.state == TcpState::time_wait;
}

/// A socket with what it is sorted by: tens of thousands are sorted in a third of the time when these are at hand.
struct Ranked {
  TcpState state;
  std::chrono::milliseconds timer_left;
  std::uint64_t cookie;
  const TcpSocket* socket;

  bool operator<(const Ranked& other) const {
    return std::tuple(state, -timer_left, cookie) < std::tuple(other.state, -other.timer_left, other.cookie);
  }
};

/// The first `rows` of the sockets that are to be listed.
void list_sockets(Snapshot& snapshot, std::span<const TcpSocket> sockets, std::size_t rows) {
  std::vector<Ranked> chosen;
  chosen.reserve(sockets.size());
  for (const TcpSocket& socket : sockets)
    if (is_listed(snapshot.filter, socket)) chosen.push_back({socket.state, socket.timer_left, socket.cookie, &socket});
  const std::size_t shown = std::min(rows, chosen.size());
  const auto middle = chosen.begin() + static_cast<std::ptrdiff_t>(shown);
  std::nth_element(chosen.begin(), middle, chosen.end());
  std::sort(chosen.begin(), middle);
  snapshot.not_listed = chosen.size() - shown;
  snapshot.listed.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i) snapshot.listed.push_back({.socket = *chosen[i].socket});
}

/// A dual-stack socket calls `::ffff:127.0.0.1` what its IPv4 peer calls `127.0.0.1`.
bool is_same(const Endpoint& a, const Endpoint& b) { return net::without_mapping(a) == net::without_mapping(b); }

bool listens_at(const TcpSocket& listener, const Endpoint& end) {
  return listener.local.port == end.port && (is_same(listener.local, end) || net::covers(listener.local, end));
}

TimeWait holder(const TcpSocket& socket, std::span<const TcpSocket> listeners, const IsLocal& is_local) {
  const auto listened = [&](const Endpoint& end) {
    return std::ranges::any_of(listeners, [&](const TcpSocket& listener) { return listens_at(listener, end); });
  };
  const bool here = listened(socket.local);
  const bool there = listened(socket.remote) && is_local(socket.remote);
  if (here == there) return TimeWait::unknown;
  return here ? TimeWait::server : TimeWait::client;
}

/// Few ends share both ports.
std::uint32_t both_ports(const Endpoint& near, const Endpoint& far) {
  return static_cast<std::uint32_t>(near.port) << 16 | far.port;
}

/// The rows by the ports that their other end would have.
using Wanted = std::unordered_multimap<std::uint32_t, ListedSocket*>;

void mark_those_held_by_both(const Wanted& wanted, std::span<const TcpSocket> other_ends) {
  for (const TcpSocket& other : other_ends) {
    if (other.state != TcpState::time_wait) continue;
    const auto [begin, end] = wanted.equal_range(both_ports(other.local, other.remote));
    for (auto at = begin; at != end; ++at) {
      ListedSocket& row = *at->second;
      if (is_same(other.local, row.socket.remote) && is_same(other.remote, row.socket.local))
        row.time_wait = TimeWait::both;
    }
  }
}

}  // namespace

Snapshot take_snapshot(const SocketTables& tables, const TcpFilter& filter, std::size_t rows, const IsLocal& is_local) {
  Snapshot snapshot{.at = tables.at, .filter = filter, .counts = count_by_state(tables.sockets)};
  list_sockets(snapshot, tables.sockets, rows);
  Wanted wanted(snapshot.listed.size());
  for (ListedSocket& row : snapshot.listed) {
    if (row.socket.state != TcpState::time_wait) continue;
    row.time_wait = holder(row.socket, tables.listeners, is_local);
    wanted.emplace(both_ports(row.socket.remote, row.socket.local), &row);
  }
  mark_those_held_by_both(wanted, tables.sockets);
  mark_those_held_by_both(wanted, tables.other_ends);
  return snapshot;
}

}  // namespace closelab::lab
