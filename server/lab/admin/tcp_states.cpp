#include "server/lab/admin/tcp_states.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>
#include <vector>

namespace closelab::lab {
namespace {

bool is_wildcard(const Endpoint& endpoint) {
  return std::ranges::all_of(endpoint.address, [](std::uint8_t byte) { return byte == 0; });
}

/// Whether a socket whose peer is `remote` is connected to the server, which may listen on every address. That of this
/// machine from which it connects to itself is the same at both ends, unless it is told otherwise; or it is loopback.
bool is_client(const Endpoint& server, const TcpSocket& socket) {
  if (socket.remote.port != server.port) return false;
  if (!is_wildcard(server)) return address_text(socket.remote) == address_text(server);
  const std::string remote = address_text(socket.remote);
  return remote == address_text(socket.local) || remote.starts_with("127.") || remote == "::1";
}

using Sockets = std::vector<const TcpSocket*>;

Json counts_json(const Sockets& sockets) {
  StateCounts counts;
  for (const TcpSocket* socket : sockets) ++counts[socket->state];
  Json json = Json::object();
  for (const auto& [state, count] : counts) json[std::string(to_string(state))] = count;
  return json;
}

/// The server's own and its clients'.
struct Ends {
  Sockets own;
  Sockets clients;
};

Ends ends_of(const Endpoint& server, std::span<const TcpSocket> sockets) {
  Ends ends;
  for (const TcpSocket& socket : sockets) {
    if (socket.local.port == server.port) {
      ends.own.push_back(&socket);
    } else if (is_client(server, socket)) {
      ends.clients.push_back(&socket);
    }
  }
  return ends;
}

Json socket_json(std::string_view side, const TcpSocket& socket) {
  return object({{"side", side},
                 {"local", to_string(socket.local)},
                 {"remote", to_string(socket.remote)},
                 {"state", to_string(socket.state)},
                 {"timer_ms", socket.timer_left.count()}});
}

/// The first `listed`, in order.
template <class List>
void keep_first(List& list, std::size_t listed, auto before) {
  const std::size_t kept = std::min(listed, list.size());
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(kept), list.end(), before);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(kept), list.end());
}

/// Open ones, then those in TIME_WAIT that came last; else as the kernel told them.
void add_sockets(Json& array, std::string_view side, Sockets sockets, std::size_t listed) {
  std::erase_if(sockets, [](const TcpSocket* socket) { return socket->state == TcpState::listen; });
  const auto rank = [](const TcpSocket* socket) {
    const bool waits = socket->state == TcpState::time_wait;
    return std::tuple(waits, waits ? -socket->timer_left : std::chrono::milliseconds(0), socket);
  };
  keep_first(sockets, listed, [&](const TcpSocket* a, const TcpSocket* b) { return rank(a) < rank(b); });
  for (const TcpSocket* socket : sockets) array.push_back(socket_json(side, *socket));
}

struct Holder {
  std::chrono::milliseconds timer_left;
  std::string_view side;
  const TcpSocket* socket;
};

std::vector<Holder> holders_of_time_wait(const Sockets& server, const Sockets& clients) {
  std::vector<Holder> holders;
  const auto add = [&](std::string_view side, const Sockets& sockets) {
    for (const TcpSocket* socket : sockets)
      if (socket->state == TcpState::time_wait) holders.push_back({socket->timer_left, side, socket});
  };
  add("server", server);
  add("client", clients);
  return holders;
}

/// Those that came last are first, of the same moment the server's.
bool is_listed_before(const Holder& a, const Holder& b) {
  return std::tuple(b.timer_left, b.side, a.socket) < std::tuple(a.timer_left, a.side, b.socket);
}

Json to_json(const Holder& holder) {
  return object({{"side", holder.side},
                 {"local", to_string(holder.socket->local)},
                 {"remote", to_string(holder.socket->remote)},
                 {"time_wait_remaining_ms", holder.timer_left.count()}});
}

}  // namespace

Json states_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed) {
  const auto [own, clients] = ends_of(server, sockets);
  std::vector<Holder> holders = holders_of_time_wait(own, clients);
  const std::size_t all = holders.size();
  keep_first(holders, listed, is_listed_before);
  Json time_wait = Json::array();
  for (const Holder& holder : holders) time_wait.push_back(to_json(holder));
  return object({{"server", counts_json(own)},
                 {"client", counts_json(clients)},
                 {"left_out", all - time_wait.size()},
                 {"time_wait", std::move(time_wait)}});
}

Json sockets_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed) {
  Ends ends = ends_of(server, sockets);
  Json array = Json::array();
  add_sockets(array, "server", std::move(ends.own), listed);
  add_sockets(array, "client", std::move(ends.clients), listed);
  return array;
}

}  // namespace closelab::lab
