#include "server/connection/local_client.h"

#include <array>

#include "net/kernel/process.h"
#include "net/kernel/sock_diag.h"

namespace closelab::server {
namespace {

net::SocketInfo client_socket(const Endpoint& server, const Endpoint& client) {
  const std::array tuples{net::TcpTuple{client, server}};
  std::array<net::SocketInfo, 1> found;
  net::SockDiag().look_up(tuples, found);
  return found.front();
}

}  // namespace

std::optional<LocalClient> find_local_client(const Endpoint& server, const Endpoint& client) {
  const net::SocketInfo socket = client_socket(server, client);
  if (socket.inode == 0) return std::nullopt;
  return LocalClient{.uid = socket.uid, .processes = net::processes_of(socket.inode)};
}

std::optional<std::chrono::milliseconds> find_keepalive(const Endpoint& server, const Endpoint& client) {
  const net::SocketInfo socket = client_socket(server, client);
  const bool runs = socket.inode != 0 && socket.running_timer == TcpTimer::keepalive;
  return runs ? std::optional(socket.timer) : std::nullopt;
}

}  // namespace closelab::server
