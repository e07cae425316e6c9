#include "server/lab/watch/snapshot.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>
#include <vector>

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

/// The rows by the ports that their other end would have: chains in two arrays, for a node of its own for each of tens
/// of thousands costs more than all else that is done with it.
class Wanted {
 public:
  explicit Wanted(std::span<ListedSocket> rows)
      : rows_(rows), first_(std::bit_ceil(rows.size() + 1), none), next_(rows.size(), none) {}

  void add(std::size_t row, std::uint32_t ports) {
    std::uint32_t& first = first_[bucket(ports)];
    next_[row] = std::exchange(first, static_cast<std::uint32_t>(row));
  }

  /// Those with these ports, and others.
  template <class Each>
  void for_each(std::uint32_t ports, const Each& each) const {
    for (std::uint32_t row = first_[bucket(ports)]; row != none; row = next_[row]) each(rows_[row]);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  std::size_t bucket(std::uint32_t ports) const { return (ports ^ ports >> 16) & (first_.size() - 1); }

  std::span<ListedSocket> rows_;
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> next_;
};

void mark_those_held_by_both(const Wanted& wanted, std::span<const TcpSocket> other_ends) {
  for (const TcpSocket& other : other_ends) {
    if (other.state != TcpState::time_wait) continue;
    wanted.for_each(both_ports(other.local, other.remote), [&other](ListedSocket& row) {
      if (is_same(other.local, row.socket.remote) && is_same(other.remote, row.socket.local))
        row.time_wait = TimeWait::both;
    });
  }
}

}  // namespace

Snapshot take_snapshot(const SocketTables& tables, const TcpFilter& filter, std::size_t rows, const IsLocal& is_local) {
  Snapshot snapshot{.at = tables.at, .filter = filter, .counts = count_by_state(tables.sockets)};
  list_sockets(snapshot, tables.sockets, rows);
  Wanted wanted(snapshot.listed);
  for (std::size_t i = 0; i < snapshot.listed.size(); ++i) {
    ListedSocket& row = snapshot.listed[i];
    if (row.socket.state != TcpState::time_wait) continue;
    row.time_wait = holder(row.socket, tables.listeners, is_local);
    wanted.add(i, both_ports(row.socket.remote, row.socket.local));
  }
  mark_those_held_by_both(wanted, tables.sockets);
  mark_those_held_by_both(wanted, tables.other_ends);
  return snapshot;
}

}  // namespace closelab::lab
