// Looks at the ends of a connection on the thread of whoever wants to know.

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <vector>

#include "net/kernel/observer.h"
#include "net/socket/socket_address.h"

namespace closelab::net {

std::optional<Observer::Ends> Observer::look_at_ends(std::uint64_t id, const TcpTuple& tuple) {
  if (lookups_ == Switch::off) return std::nullopt;
  const std::array tuples{tuple, tuple.swapped()};
  std::array<SocketInfo, 2> found;
  {
    const std::lock_guard lock(peer_mutex_);
    peer_diag_.look_up(tuples, found);
  }
  const auto& [own, client] = found;
  const bool is_known = own.state != TcpState::unknown && client.state != TcpState::unknown;
  if (!is_known || client.state == TcpState::syn_sent || accepted_again(id, tuple)) return std::nullopt;
  return Ends{own, is_local_address(tuple.remote) ? std::optional(client) : std::nullopt};
}

bool Observer::still_holds(std::uint64_t id, const TcpTuple& tuple, TimeWait holder) {
  const std::optional<Ends> ends = look_at_ends(id, tuple);
  if (!ends) return false;
  const bool by_client = holder == TimeWait::client || holder == TimeWait::both;
  const bool server = holder == TimeWait::client || ends->own.state == TcpState::time_wait;
  const bool client = !by_client || (ends->client && ends->client->state == TcpState::time_wait);
  return server && client;
}

bool Observer::sees_client(const EndedConnection& connection) const {
  return looks_up(connection.id) && connection.tuple.local.address == connection.tuple.remote.address;
}

void Observer::look_at_clients(std::span<EndedConnection* const> connections, std::span<TcpState> own) {
  std::ranges::fill(own, TcpState::unknown);
  std::vector<TcpTuple> tuples;
  std::vector<SocketInfo> found;
  try {
    for (const EndedConnection* connection : connections)
      tuples.insert(tuples.end(), {connection->tuple.swapped(), connection->tuple});
    found.resize(tuples.size());
    const std::lock_guard lock(peer_mutex_);
    peer_diag_.look_up(tuples, found);
  } catch (const std::bad_alloc&) {
    return;
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    EndedConnection& connection = *connections[i];
    const SocketInfo& client = found[2 * i];
    const SocketInfo& ours = found[2 * i + 1];
    const bool is_known = client.state != TcpState::unknown && client.state != TcpState::syn_sent;
    const bool is_ours = ours.state == TcpState::closed || ours.cookie == connection.cookie;
    if (!is_known || !is_ours || accepted_again(connection.id, connection.tuple)) continue;
    connection.note(Source::sock_diag, fact::PeerSocket{client.state, client.timer});
    own[i] = ours.state;
  }
}

}  // namespace closelab::net
