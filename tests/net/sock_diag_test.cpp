#include "net/sock_diag.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <vector>

#include "net/tcp_probe.h"
#include "tests/net/connection.h"

namespace closelab::net::test {
namespace {

using namespace std::chrono_literals;

SocketInfo look_up(const TcpTuple& tuple) {
  SockDiag diag;
  REQUIRE(diag.error() == 0);
  SocketInfo found;
  diag.look_up({&tuple, 1}, {&found, 1});
  CHECK(found.error == 0);
  return found;
}

TEST_CASE("exact lookups find both ends, and each keeps its cookie into TIME_WAIT") {
  for (const Path& path : paths) {
    CAPTURE(path.listen);
    const Listener listener({.address = path.listen}, {});
    Connection connection(listener, path.connect);
    const std::uint64_t cookie = socket_cookie(connection.server.get());
    REQUIRE(cookie != 0);

    const SocketInfo own = look_up(connection.tuple());
    CHECK(own.state == TcpState::established);
    CHECK(own.cookie == cookie);
    CHECK(own.inode != 0);
    CHECK(own.tuple.local == connection.accepted.local);
    CHECK(own.tuple.remote == connection.accepted.remote);
    const SocketInfo peer = look_up(connection.tuple().swapped());
    CHECK(peer.state == TcpState::established);
    CHECK(peer.cookie == socket_cookie(connection.client.fd()));

    connection.end();
    const SocketInfo waiting = look_up(connection.tuple());
    CHECK(waiting.state == TcpState::time_wait);
    CHECK(waiting.cookie == cookie);
    CHECK(waiting.inode == 0);
    CHECK(waiting.timer > 50s);
    CHECK(waiting.timer <= 60s);
    CHECK(look_up(connection.tuple().swapped()).state == TcpState::closed);
  }
}

TEST_CASE("a half-closed connection shows FIN_WAIT_2 and CLOSE_WAIT") {
  const Listener listener({}, {});
  Connection connection(listener);
  ::shutdown(connection.server.get(), SHUT_WR);
  connection.client.receive_to_end();
  // Data makes the client acknowledge our FIN at once, rather than 40 ms later.
  connection.client.send("x");
  await(connection.server.get(), POLLIN);
  CHECK(look_up(connection.tuple()).state == TcpState::fin_wait_2);
  CHECK(look_up(connection.tuple().swapped()).state == TcpState::close_wait);
}

TEST_CASE("what does not exist is CLOSED, also where a listener stands") {
  for (const Path& path : paths) {
    CAPTURE(path.listen);
    const Listener listener({.address = path.listen}, {});
    const TcpTuple nobody{reachable(listener.local(), path.connect), reachable(listener.local(), path.connect)};
    const SocketInfo found = look_up(nobody);
    CHECK(found.state == TcpState::closed);
    CHECK(found.cookie == 0);
  }
}

TEST_CASE("a lookup of more than one batch answers each tuple in its place") {
  const Listener listener({}, {});
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<TcpTuple> tuples;
  for (int i = 0; i < 150; ++i) {
    connections.push_back(std::make_unique<Connection>(listener));
    tuples.push_back(connections.back()->tuple());
    if (i % 3 == 0) connections.back()->end();
    if (i % 3 == 1) tuples.back().remote.address[0] = 126;
  }
  std::vector<SocketInfo> found(tuples.size());
  SockDiag().look_up(tuples, found);
  constexpr std::array expected{TcpState::time_wait, TcpState::closed, TcpState::established};
  for (std::size_t i = 0; i < tuples.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].state == expected[i % 3]);
    if (i % 3 == 2) CHECK(found[i].cookie == socket_cookie(connections[i]->server.get()));
  }
}

TEST_CASE("looking nothing up asks nothing") { SockDiag().look_up({}, {}); }

TEST_CASE("the probe: unread bytes, a FIN that counts nothing, and the state") {
  const Listener listener({}, {});
  Connection connection(listener);
  const int fd = connection.server.get();
  CHECK(sample_socket(fd, SampleDepth::queues).state == TcpState::established);
  CHECK(unread_bytes(fd) == 0);
  connection.client.send("12345");
  connection.client.send_fin();
  await(fd, POLLRDHUP);
  const SocketSample sample = sample_socket(fd, SampleDepth::queues);
  CHECK(sample.state == TcpState::close_wait);
  CHECK(sample.unread == 5);
  CHECK(sample.unsent == 0);
  CHECK(sample.segments_in >= 2);
}

TEST_CASE("a socket that has stopped receiving drops data and FIN alike") {
  for (const Path& path : paths) {
    CAPTURE(path.listen);
    const Listener listener({.address = path.listen}, {});
    const Connection connection(listener, path.connect);
    const int fd = connection.server.get();
    REQUIRE(stop_receiving(fd, connection.accepted.local.family));
    connection.client.send("dropped");
    connection.client.send_fin();
    // On loopback a segment has arrived, or been dropped, when send() returns.
    CHECK(unread_bytes(fd) == 0);
    CHECK(sample_socket(fd, SampleDepth::state).state == TcpState::established);
  }
}

}  // namespace
}  // namespace closelab::net::test
