#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/socket/socket_address.h"
#include "tests/loopback/fixture.h"

using namespace closelab;
using namespace closelab::loopback;

namespace {

/// What connect() comes to within `time`: 0, an errno, or ETIMEDOUT, which here means that nothing has answered so far.
struct Attempt {
  net::UniqueFd fd;
  int error = 0;
};

Attempt connect_to(const Server& server, std::chrono::milliseconds time) {
  const net::SocketAddress address = net::to_socket_address(server.endpoint());
  Attempt attempt{net::UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  if (::connect(attempt.fd.get(), address.data(), address.length) == 0) return attempt;
  attempt.error = errno;
  if (attempt.error != EINPROGRESS) return attempt;
  pollfd wanted{attempt.fd.get(), POLLOUT, 0};
  attempt.error = ETIMEDOUT;
  if (::poll(&wanted, 1, static_cast<int>(time.count())) <= 0) return attempt;
  socklen_t length = sizeof attempt.error;
  ::getsockopt(attempt.fd.get(), SOL_SOCKET, SO_ERROR, &attempt.error, &length);
  return attempt;
}

int error_of_connecting(const Server& server) { return connect_to(server, patience).error; }

}  // namespace

TEST_CASE("refuse: nothing listens, and open connections go on; accept has the same port again") {
  Options options;
  SUBCASE("a port of the kernel's choice") {}
  SUBCASE("a port that was asked for") { options.listen.port = Server().port(); }
  SUBCASE("several reactors") { options.reactors = 3; }
  SUBCASE("another family") { options.listen.address = "0.0.0.0"; }
  TestServer server(options);
  const std::uint16_t port = server.port();
  Client open(server);
  open.exchange(get("/"));
  for (int i = 0; i < 2; ++i) {
    server.set_listener(ListenerMode::refuse);
    for (int attempt = 0; attempt < 4; ++attempt) CHECK(error_of_connecting(server) == ECONNREFUSED);
    CHECK(open.exchange(get("/")).status == 200);
    server.set_listener(ListenerMode::accept);
    CHECK(server.port() == port);
    for (int attempt = 0; attempt < 4; ++attempt) CHECK(Client(server).exchange(get("/")).status == 200);
  }
}

TEST_CASE("refuse and ignore for a time") {
  TestServer server;
  server.set_listener(ListenerMode::refuse, 50ms);
  CHECK(error_of_connecting(server) == ECONNREFUSED);
  while (error_of_connecting(server) == ECONNREFUSED) continue;
  CHECK(Client(server).exchange(get("/")).status == 200);
  server.set_listener(ListenerMode::ignore, 50ms);
  Client ignored(server);
  CHECK(ignored.exchange(get("/")).status == 200);
}

TEST_CASE("while refused the port is kept from those who do not share it") {
  TestServer server;
  server.set_listener(ListenerMode::refuse);
  ListenOptions other;
  other.port = server.port();
  other.reuse_address = Switch::off;
  CHECK_THROWS_AS(Server(Options{.listen = other}), ListenError);
}

TEST_CASE("a port that another has taken meanwhile is an error, and is had back when it is free") {
  TestServer server;
  server.set_listener(ListenerMode::refuse);
  {
    Options other;
    other.listen.port = server.port();
    const Server thief(other);
    CHECK_THROWS_AS(server.set_listener(ListenerMode::accept), ListenError);
  }
  while (error_of_connecting(server) == ECONNREFUSED) continue;
  CHECK(Client(server).exchange(get("/")).status == 200);
}

TEST_CASE("ignore: the kernel completes one handshake more than the queue is long, and drops the next SYN") {
  TestServer server;
  server.set_listener(ListenerMode::ignore, {}, 1);
  Client first(server);
  Client second(server);
  first.send(get("/"));
  CHECK(connect_to(server, 300ms).error == ETIMEDOUT);
  CHECK(first.is_quiet());
  CHECK(server.counts().accepted == 0);

  server.set_listener(ListenerMode::accept);
  CHECK(first.receive_reply().status == 200);
  CHECK(second.exchange(get("/")).status == 200);
}

TEST_CASE("refuse after ignore resets those whom nobody accepted") {
  TestServer server;
  server.set_listener(ListenerMode::ignore);
  Client client(server);
  server.set_listener(ListenerMode::refuse);
  CHECK(client.receive_some().error == ECONNRESET);
  CHECK(server.counts().accepted == 0);
}

TEST_CASE("a server may begin so, and stops in every mode") {
  for (const ListenerMode mode : {ListenerMode::refuse, ListenerMode::ignore}) {
    CAPTURE(mode);
    Options options;
    options.listen.mode = mode;
    TestServer server(options);
    const Attempt attempt = connect_to(server, patience);
    CHECK(attempt.error == (mode == ListenerMode::refuse ? ECONNREFUSED : 0));
    CHECK(server.stop().held_up.empty());
    CHECK_NOTHROW(server.set_listener(ListenerMode::accept));
  }
}

TEST_CASE("what the listener can't do") {
  TestServer server;
  CHECK_THROWS_AS(server.set_listener(ListenerMode::refuse, -1ms), std::invalid_argument);
  CHECK_THROWS_AS(server.set_listener(ListenerMode::ignore, {}, -1), std::invalid_argument);
}
