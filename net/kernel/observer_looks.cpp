// Looks at the ends of a connection on the thread of whoever wants to know.

#include <array>
#include <mutex>
#include <new>

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

bool Observer::look_at_peer(EndedConnection& connection) {
  const TcpTuple& tuple = connection.tuple;
  if (!looks_up(connection.id) || tuple.local.address != tuple.remote.address) return false;
  const std::array tuples{tuple.swapped(), tuple};
  std::array<SocketInfo, 2> found;
  try {
    const std::lock_guard lock(peer_mutex_);
    peer_diag_.look_up(tuples, found);
  } catch (const std::bad_alloc&) {
    return false;
  }
  const auto& [peer, own] = found;
  const bool is_known = peer.state != TcpState::unknown && peer.state != TcpState::syn_sent;
  const bool is_ours = own.state == TcpState::closed || own.cookie == connection.cookie;
  if (!is_known || !is_ours || accepted_again(connection.id, tuple)) return true;
  connection.note(Source::sock_diag, fact::PeerSocket{peer.state, peer.timer});
  return true;
}

}  // namespace closelab::net
