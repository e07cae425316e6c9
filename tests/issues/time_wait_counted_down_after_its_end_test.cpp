// A record went on counting "TIME_WAIT: client, 54.4 s left" when a new connection had long taken it over.

#include <sys/socket.h>

#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// Connects from that port, takes its TIME_WAIT over, and resets the new connection. False when another connection's
/// socket has that port, too.
bool take_over(const Endpoint& server, const Endpoint& client) {
  const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const net::SocketAddress own = net::to_socket_address(client);
  if (::bind(fd.get(), own.data(), own.length) != 0) return false;
  const net::SocketAddress to = net::to_socket_address(server);
  REQUIRE(::connect(fd.get(), to.data(), to.length) == 0);
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  return true;
}

/// The record of a connection whose TIME_WAIT, the client's, has been taken over.
std::uint64_t taken_over(TestServer& server) {
  while (true) {
    Client client(server);
    CHECK(client.exchange(get("/")).status == 200);
    const Endpoint port = client.local();
    // Its port can be bound again only if both sockets say so.
    const int on = 1;
    ::setsockopt(client.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    client.close();
    const ConnectionRecord record = server.closed();
    REQUIRE(record.verdict.time_wait == TimeWait::client);
    CHECK_FALSE(server.connection(record.id)->verdict.time_wait_gone);
    if (take_over(server.endpoint(), port)) return record.id;
  }
}

TEST_CASE("TIME_WAIT is looked for again when its connection is asked for") {
  TestServer server;
  const std::uint64_t id = taken_over(server);
  server.closed();
  const Verdict later = server.connection(id)->verdict;
  CHECK(later.time_wait_gone);
  CHECK_FALSE(later.time_wait_remaining().has_value());
  CHECK(describe(later).find("gone before its time") != std::string::npos);
}

}  // namespace
}  // namespace closelab::loopback
