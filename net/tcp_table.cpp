#include "net/tcp_table.h"

namespace closelab::net {

std::vector<SocketInfo> sockets_on_port(std::uint16_t port) {
  std::vector<SocketInfo> result;
  SockDiag diag;
  for (const AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    diag.dump(family, all_states, [&](const SocketInfo& socket) {
      if (socket.tuple.local.port == port) result.push_back(socket);
    });
  }
  return result;
}

}  // namespace closelab::net
