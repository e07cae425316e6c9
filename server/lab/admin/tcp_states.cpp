#include "server/lab/admin/tcp_states.h"

#include <algorithm>
#include <optional>
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

Json counts_json(std::span<const TcpSocket> sockets) {
  Json json = Json::object();
  for (const auto& [state, count] : count_by_state(sockets)) json[std::string(to_string(state))] = count;
  return json;
}

/// The server's own and its clients'.
struct Ends {
  std::vector<TcpSocket> own;
  std::vector<TcpSocket> clients;
};

Ends ends_of(const Endpoint& server, std::span<const TcpSocket> sockets) {
  Ends ends;
  for (const TcpSocket& socket : sockets) {
    if (socket.local.port == server.port) {
      ends.own.push_back(socket);
    } else if (is_client(server, socket)) {
      ends.clients.push_back(socket);
    }
  }
  return ends;
}

Json socket_json(std::string_view side, const TcpSocket& socket) {
  return {{"side", side},
          {"local", to_string(socket.local)},
          {"remote", to_string(socket.remote)},
          {"state", to_string(socket.state)},
          {"timer_ms", socket.timer_left.count()}};
}

/// Open ones, then those in TIME_WAIT that came last.
void add_sockets(Json& array, std::string_view side, std::vector<TcpSocket> sockets, std::size_t listed) {
  std::erase_if(sockets, [](const TcpSocket& socket) { return socket.state == TcpState::listen; });
  std::ranges::stable_sort(sockets, [](const TcpSocket& a, const TcpSocket& b) {
    const bool a_waits = a.state == TcpState::time_wait;
    const bool b_waits = b.state == TcpState::time_wait;
    return a_waits != b_waits ? b_waits : a_waits && a.timer_left > b.timer_left;
  });
  if (sockets.size() > listed) sockets.resize(listed);
  for (const TcpSocket& socket : sockets) array.push_back(socket_json(side, socket));
}

struct Holder {
  std::string_view side;
  TcpSocket socket;
};

std::vector<Holder> holders_of_time_wait(std::span<const TcpSocket> server, std::span<const TcpSocket> clients) {
  std::vector<Holder> holders;
  for (const TcpSocket& socket : server)
    if (socket.state == TcpState::time_wait) holders.push_back({"server", socket});
  for (const TcpSocket& socket : clients)
    if (socket.state == TcpState::time_wait) holders.push_back({"client", socket});
  std::ranges::stable_sort(holders, std::ranges::greater{},
                           [](const Holder& holder) { return holder.socket.timer_left; });
  return holders;
}

Json to_json(const Holder& holder) {
  return {{"side", holder.side},
          {"local", to_string(holder.socket.local)},
          {"remote", to_string(holder.socket.remote)},
          {"time_wait_remaining_ms", holder.socket.timer_left.count()}};
}

}  // namespace

Json states_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed) {
  const auto [own, clients] = ends_of(server, sockets);
  const std::vector<Holder> holders = holders_of_time_wait(own, clients);
  Json time_wait = Json::array();
  for (std::size_t i = 0; i < std::min(holders.size(), listed); ++i) time_wait.push_back(to_json(holders[i]));
  return {{"server", counts_json(own)},
          {"client", counts_json(clients)},
          {"left_out", holders.size() - time_wait.size()},
          {"time_wait", std::move(time_wait)}};
}

Json sockets_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed) {
  Ends ends = ends_of(server, sockets);
  Json array = Json::array();
  add_sockets(array, "server", std::move(ends.own), listed);
  add_sockets(array, "client", std::move(ends.clients), listed);
  return array;
}

}  // namespace closelab::lab
