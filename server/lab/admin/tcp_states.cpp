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
  std::vector<TcpSocket> own;
  std::vector<TcpSocket> clients;
  for (const TcpSocket& socket : sockets) {
    if (socket.local.port == server.port) {
      own.push_back(socket);
    } else if (is_client(server, socket)) {
      clients.push_back(socket);
    }
  }
  const std::vector<Holder> holders = holders_of_time_wait(own, clients);
  Json time_wait = Json::array();
  for (std::size_t i = 0; i < std::min(holders.size(), listed); ++i) time_wait.push_back(to_json(holders[i]));
  return {{"server", counts_json(own)},
          {"client", counts_json(clients)},
          {"left_out", holders.size() - time_wait.size()},
          {"time_wait", std::move(time_wait)}};
}

}  // namespace closelab::lab
