#pragma once

#include <array>
#include <span>

#include "net/kernel/sock_diag.h"
#include "tests/net/loopback.h"
#include "tests/support/skip.h"

namespace closelab::net::test {

/// An established connection, with its server's end.
struct Connection {
  explicit Connection(const Listener& listener, const char* connect = "127.0.0.1")
      : client(reachable(listener.local(), connect)), accepted(accept_one(listener)), server(accepted.fd) {}

  /// As the server sees it.
  TcpTuple tuple() const { return {accepted.local, accepted.remote}; }

  /// Ends it with the server's FIN first, and leaves the server's end in TIME_WAIT.
  void end() {
    ::shutdown(server.get(), SHUT_WR);
    client.receive_to_end();
    client.close();
    await(server.get(), POLLIN);
    server.reset();
  }

  Client client;
  Accepted accepted;
  UniqueFd server;
};

/// Where to listen and where to connect: IPv4, IPv6, and IPv4 on a dual-stack socket.
struct Path {
  const char* listen;
  const char* connect;
};

inline constexpr std::array all_paths{Path{"127.0.0.1", "127.0.0.1"}, Path{"::1", "::1"}, Path{"::", "127.0.0.1"}};

/// Those that this machine has: all, or only IPv4.
inline std::span<const Path> paths() { return std::span(all_paths).first(closelab::test::has_ipv6() ? 3 : 1); }

}  // namespace closelab::net::test
