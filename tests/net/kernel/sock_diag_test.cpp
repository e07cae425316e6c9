#include "net/kernel/sock_diag.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <memory>
#include <vector>

#include "net/kernel/tcp_probe.h"
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
  for (const Path& path : paths()) {
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
  for (const Path& path : paths()) {
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
  const fact::Sampled sample = sample_socket(fd, SampleDepth::queues);
  CHECK(sample.state == TcpState::close_wait);
  CHECK(sample.unread == 5);
  CHECK(sample.unsent == 0);
  CHECK(sample.segments_in >= 2);
}

TEST_CASE("the probe: what TCP_INFO tells of the queues is what the kernel's own counts are") {
  const Listener listener({}, {});
  Connection connection(listener);
  const int fd = connection.server.get();
  std::uint64_t read = 0;
  const auto agrees = [&](std::uint32_t unread, std::uint32_t unacked) {
    const fact::Sampled sample = sample_socket(fd, SampleDepth::queues, read);
    CHECK(sample.unread == unread);
    CHECK(sample.unacked == unacked);
    CHECK(unread_bytes(fd) == unread);
    CHECK(unacknowledged_bytes(fd) == unacked);
  };
  agrees(0, 0);
  connection.client.send("12345");
  agrees(5, 0);
  std::array<char, 16> buffer{};
  read += static_cast<std::uint64_t>(::recv(fd, buffer.data(), 3, 0));
  agrees(2, 0);
  read += static_cast<std::uint64_t>(::recv(fd, buffer.data(), buffer.size(), 0));
  agrees(0, 0);
  // Held back, so that it is queued and not in flight.
  REQUIRE(::send(fd, "abc", 3, MSG_MORE) == 3);
  agrees(0, 3);
  // A client that delays its ACK leaves it in flight.
  const int off = 0;
  REQUIRE(::setsockopt(connection.client.fd(), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off) == 0);
  REQUIRE(::send(fd, "defg", 4, 0) == 4);
  agrees(0, unacknowledged_bytes(fd));
  REQUIRE(::shutdown(fd, SHUT_WR) == 0);
  agrees(0, unacknowledged_bytes(fd));
  connection.client.send_fin();
  await(fd, POLLIN);
  agrees(0, 0);
}

TEST_CASE("the probe: our FIN counts as a byte, queued or acknowledged") {
  const Listener listener({}, {});
  Connection connection(listener);
  const int fd = connection.server.get();
  connection.client.send("x");
  char byte = 0;
  REQUIRE(::recv(fd, &byte, 1, 0) == 1);
  // Beyond the client's window, so that the FIN has to queue behind it.
  const std::vector<char> block(1 << 16);
  while (::send(fd, block.data(), block.size(), MSG_DONTWAIT) > 0) continue;
  REQUIRE(::shutdown(fd, SHUT_WR) == 0);
  const fact::Sampled sample = sample_socket(fd, SampleDepth::queues, 1);
  CHECK(sample.state == TcpState::fin_wait_1);
  CHECK(sample.unsent > 0);
  CHECK(sample.unacked == unacknowledged_bytes(fd));
}

TEST_CASE("a socket that has stopped receiving drops a FIN or an RST, and counts it") {
  for (const Path& path : paths()) {
    for (const auto stop : {stop_receiving, stop_receiving_anything}) {
      CAPTURE(path.listen);
      const Listener listener({.address = path.listen}, {});
      const Connection connection(listener, path.connect);
      const int fd = connection.server.get();
      REQUIRE(stop(fd));
      connection.client.send("taken");
      // On loopback a segment has arrived, or been dropped, when send() returns.
      const std::uint32_t before = dropped_segments(fd);
      CHECK(unread_bytes(fd) == (before == 0 ? 5 : 0));
      connection.client.send_fin();
      CHECK(sample_socket(fd, SampleDepth::state).state == TcpState::established);
      CHECK(dropped_segments(fd) == before + 1);
    }
  }
}

TEST_CASE("a client that begins with the greatest hop limit can't be kept away by one") {
  const Listener listener({}, {});
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  const int most = 255;
  REQUIRE(::setsockopt(client.get(), IPPROTO_IP, IP_TTL, &most, sizeof most) == 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(listener.local().port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
  const UniqueFd accepted(accept_one(listener).fd);
  CHECK_FALSE(stop_receiving_anything(accepted.get()));
}

}  // namespace
}  // namespace closelab::net::test
