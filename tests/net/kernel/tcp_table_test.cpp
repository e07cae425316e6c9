#include "closelab/tcp_table.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "net/kernel/tcp_probe.h"
#include "tests/net/connection.h"
#include "tests/support/skip.h"

namespace closelab::net::test {
namespace {

using namespace std::chrono_literals;
using S = TcpState;

std::vector<TcpSocket> sockets(const TcpFilter& filter) {
  const TcpTable table = tcp_sockets(filter);
  REQUIRE(table.error == std::error_code{});
  return table.sockets;
}

bool has(const TcpFilter& filter, const Endpoint& local) {
  const auto found = sockets(filter);
  return std::any_of(found.begin(), found.end(), [&](const TcpSocket& socket) { return socket.local == local; });
}

/// Also where one end of a connection is v4-mapped and the other is IPv4.
bool is_same(const Endpoint& a, const Endpoint& b) { return to_string(a) == to_string(b); }

/// The one socket of that end; other programs may use the same port towards others.
TcpSocket socket_at(const TcpTuple& tuple) {
  for (const TcpSocket& socket : sockets({.port = tuple.local.port})) {
    if (is_same(socket.local, tuple.local) && is_same(socket.remote, tuple.remote)) return socket;
  }
  return {};
}

/// Sends until neither the peer's buffer nor our own takes more: a FIN then waits behind the bytes.
void fill(const Connection& connection) {
  const std::string bytes(64 * 1024, 'x');
  while (::send(connection.server.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
  }
}

TEST_CASE("listeners and established connections, with what the kernel tells of them") {
  for (const Path& path : paths()) {
    CAPTURE(std::string(path.listen));
    const Listener listener({.address = path.listen}, {});
    const Connection connection(listener, path.connect);
    connection.client.send("12345");
    await_bytes(connection.server.get(), 5);
    const TcpSocket own = socket_at(connection.tuple());
    CHECK(own.state == S::established);
    CHECK(own.timer == TcpTimer::none);
    CHECK(own.receive_queue == 5);
    CHECK(own.send_queue == 0);
    CHECK(own.uid == ::geteuid());
    CHECK(own.cookie == socket_cookie(connection.server.get()));
    struct stat status {};
    REQUIRE(::fstat(connection.server.get(), &status) == 0);
    CHECK(own.inode == status.st_ino);
    CHECK(socket_at(connection.tuple().swapped()).state == S::established);
    CHECK(has({.local_port = listener.local().port, .states = {S::listen}}, listener.local()));
  }
}

TEST_CASE("TIME_WAIT has a timer and no owner") {
  for (const Path& path : paths()) {
    CAPTURE(std::string(path.listen));
    const Listener listener({.address = path.listen}, {});
    Connection connection(listener, path.connect);
    const std::uint64_t cookie = socket_cookie(connection.server.get());
    connection.end();
    const TcpSocket found = socket_at(connection.tuple());
    CHECK(found.state == S::time_wait);
    CHECK(found.timer == TcpTimer::time_wait);
    CHECK(found.timer_left > 50s);
    CHECK(found.timer_left <= 60s);
    CHECK(found.inode == 0);
    CHECK(found.cookie == cookie);
    CHECK(socket_at(connection.tuple().swapped()).state == S::unknown);
  }
}

TEST_CASE("FIN_WAIT_2 and CLOSE_WAIT; the timer starts when no descriptor is left") {
  const Listener listener({}, {});
  Connection connection(listener);
  ::shutdown(connection.server.get(), SHUT_WR);
  connection.client.receive_to_end();
  connection.client.send("x");  // it carries the ACK of our FIN, which would come 40 ms later
  await(connection.server.get(), POLLIN);
  CHECK(socket_at(connection.tuple()).state == S::fin_wait_2);
  CHECK(socket_at(connection.tuple().swapped()).state == S::close_wait);
  char byte = 0;
  REQUIRE(::read(connection.server.get(), &byte, 1) == 1);
  connection.server.reset();
  const TcpSocket orphan = socket_at(connection.tuple());
  CHECK(orphan.state == S::fin_wait_2);
  CHECK(orphan.timer == TcpTimer::time_wait);
  CHECK(orphan.inode == 0);
}

TEST_CASE("FIN_WAIT_1 and CLOSING: our FIN waits behind bytes that the client does not read") {
  const Listener listener({}, {});
  const Connection connection(listener);
  fill(connection);
  ::shutdown(connection.server.get(), SHUT_WR);
  CHECK(socket_at(connection.tuple()).state == S::fin_wait_1);
  CHECK(socket_at(connection.tuple()).send_queue > 0);
  connection.client.send_fin();
  await(connection.server.get(), POLLRDHUP);
  CHECK(socket_at(connection.tuple()).state == S::closing);
}

TEST_CASE("LAST_ACK: the client's FIN came first, and ours is not acknowledged") {
  const Listener listener({}, {});
  const Connection connection(listener);
  fill(connection);
  connection.client.send_fin();
  await(connection.server.get(), POLLRDHUP);
  CHECK(socket_at(connection.tuple()).state == S::close_wait);
  ::shutdown(connection.server.get(), SHUT_WR);
  CHECK(socket_at(connection.tuple()).state == S::last_ack);
}

TEST_CASE("SYN_RECEIVED: the listener waits for the first byte") {
  const Listener listener({}, {});
  set_option(listener.fd(), IPPROTO_TCP, TCP_DEFER_ACCEPT, 60);
  const Client client(listener.local());
  const TcpTuple tuple{listener.local(), client.local()};
  CHECK(socket_at(tuple).state == S::syn_received);
  CHECK(has({.port = client.local().port, .states = {S::syn_received}}, listener.local()));
}

TEST_CASE("SYN_SENT: nobody has room for the connection") {
  const Listener listener({.backlog = 0}, {});
  const Client first(listener.local());
  const UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address = to_socket_address(listener.local());
  CHECK(::connect(second.get(), address.data(), address.length) == -1);
  CHECK(socket_at({local_endpoint(second.get()), listener.local()}).state == S::syn_sent);
}

TEST_CASE("a probed connection's timer is keepalive") {
  const Listener listener({}, {.tcp_keepalive = 600s});
  const Connection connection(listener);
  const TcpSocket own = socket_at(connection.tuple());
  CHECK(own.timer == TcpTimer::keepalive);
  CHECK(own.timer_left > 590s);
}

TEST_CASE("the kernel filters by address, IPv4 also where it is v4-mapped") {
  struct Row {
    const char* local;
    const char* peer;
    bool ipv4;
    bool ipv6;
    bool mapped;
  };
  constexpr Row rows[] = {
      {"", "", true, true, true},
      {"", "127.0.0.1", true, false, true},
      {"", "127.0.0.2", false, false, false},
      {"127.0.0.2", "", true, false, true},
      {"127.0.0.1", "", false, false, false},
      {"127.0.0.2", "127.0.0.1", true, false, true},
      {"127.0.0.1", "127.0.0.2", false, false, false},
      {"", "127.0.0.0/8", true, false, true},
      {"", "126.0.0.0/7", true, false, true},
      {"", "126.0.0.0/8", false, false, false},
      {"", "0.0.0.0/0", true, false, true},
      {"", "::ffff:127.0.0.1", true, false, true},
      {"", "::ffff:0.0.0.0/96", true, false, true},
      {"::ffff:127.0.0.2", "", true, false, true},
      {"", "::1", false, true, false},
      {"", "::2", false, false, false},
      {"", "::2/127", false, false, false},
      {"", "::/126", false, true, false},
      {"::1", "", false, true, false},
      {"", "::/0", false, true, true},
  };
  constexpr Path ways[] = {{"127.0.0.2", "127.0.0.2"}, {"::1", "::1"}, {"::", "127.0.0.2"}};
  const std::size_t usable = closelab::test::has_ipv6() ? std::size(ways) : 1;
  for (std::size_t way = 0; way < usable; ++way) {
    CAPTURE(std::string(ways[way].listen));
    const Listener listener({.address = ways[way].listen}, {});
    Connection connection(listener, ways[way].connect);
    connection.end();
    for (const Row& row : rows) {
      CAPTURE(std::string(row.local));
      CAPTURE(std::string(row.peer));
      const TcpFilter filter{.port = listener.local().port,
                             .local = parse_address_range(row.local),
                             .peer = parse_address_range(row.peer)};
      const bool expected[] = {row.ipv4, row.ipv6, row.mapped};
      CHECK(has(filter, connection.accepted.local) == expected[way]);
    }
  }
}

TEST_CASE("the kernel filters by port, of either end or the local one, and by state") {
  for (const Path& path : paths()) {
    CAPTURE(std::string(path.listen));
    const Listener listener({.address = path.listen}, {});
    const Connection connection(listener, path.connect);
    const Endpoint server = connection.accepted.local;
    const Endpoint client = connection.accepted.remote;
    struct Row {
      TcpFilter filter;
      bool server;
      bool client;
    };
    const Row rows[] = {
        {{.port = server.port}, true, true},
        {{.port = client.port}, true, true},
        {{.port = 1}, false, false},
        {{.local_port = server.port}, true, false},
        {{.local_port = client.port}, false, true},
        {{.port = server.port, .local_port = client.port}, false, true},
        {{.port = server.port, .states = {S::established}}, true, true},
        {{.port = server.port, .states = {S::time_wait, S::established}}, true, true},
        {{.port = server.port, .states = {S::time_wait}}, false, false},
    };
    const Endpoint client_itself = connection.client.local();
    for (const Row& row : rows) {
      CAPTURE(&row - rows);
      CHECK(has(row.filter, server) == row.server);
      CHECK(has(row.filter, client_itself) == row.client);
    }
    for (const TcpSocket& socket : sockets({.local_port = server.port})) CHECK(socket.local.port == server.port);
  }
}

TEST_CASE("address ranges as text, and back") {
  struct Row {
    const char* text;
    const char* printed;  // empty: refused
  };
  constexpr Row rows[] = {{"10.0.0.0/8", "10.0.0.0/8"},
                          {"10.0.0.1/32", "10.0.0.1"},
                          {"10.0.0.1", "10.0.0.1"},
                          {"0.0.0.0/0", "0.0.0.0/0"},
                          {"2001:db8::/32", "2001:db8::/32"},
                          {"::1/128", "::1"},
                          {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
                          {"::ffff:10.0.0.1", "10.0.0.1"},
                          {"10.0.0.0/33", ""},
                          {"::1/129", ""},
                          {"10.0.0.0/", ""},
                          {"10.0.0.0/-1", ""},
                          {"10.0.0.0/8x", ""},
                          {"/8", ""},
                          {"", ""},
                          {"localhost", ""}};
  for (const Row& row : rows) {
    CAPTURE(std::string(row.text));
    const auto range = parse_address_range(row.text);
    CHECK((range ? to_string(*range) : "") == std::string(row.printed));
  }
}

TEST_CASE("sockets are counted by state, and printed") {
  TcpSocket socket{.local = *parse_address("127.0.0.1", 8080), .remote = *parse_address("::1", 9), .state = S::listen};
  const TcpSocket listener = socket;
  socket.state = S::time_wait;
  socket.timer = TcpTimer::time_wait;
  socket.timer_left = 1500ms;
  const TcpSocket all[] = {socket, listener, socket};
  CHECK(count_by_state(all) == StateCounts{{S::time_wait, 2}, {S::listen, 1}});
  CHECK(describe(count_by_state(all)) == "2 TIME_WAIT, 1 LISTEN");
  std::ostringstream text;
  text << listener << '\n' << socket;
  CHECK(text.str() == "127.0.0.1:8080 -> [::1]:9 LISTEN\n127.0.0.1:8080 -> [::1]:9 TIME_WAIT, timer time_wait 1500 ms");
}

}  // namespace
}  // namespace closelab::net::test
