#include "server/lab/watch/snapshot.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using S = TcpState;

constexpr std::size_t all_rows = std::numeric_limits<std::size_t>::max();

TcpSocket make(const char* local, std::uint16_t local_port, const char* remote, std::uint16_t remote_port,
               TcpState state, std::chrono::milliseconds left = 0ms, std::uint64_t cookie = 0) {
  return {.local = *net::parse_address(local, local_port),
          .remote = *net::parse_address(remote, remote_port),
          .state = state,
          .timer = state == S::time_wait ? TcpTimer::time_wait : TcpTimer::none,
          .timer_left = left,
          .cookie = cookie};
}

TcpSocket listener(const char* address, std::uint16_t port) { return make(address, port, "0.0.0.0", 0, S::listen); }

/// 10.0.0.1 is this machine's, and so is loopback.
bool is_local(const Endpoint& endpoint) {
  const std::string text = address_text(endpoint);
  return text.starts_with("127.") || text == "::1" || text == "10.0.0.1";
}

TEST_CASE("TIME_WAIT is the server's where somebody listens, the client's where the peer listens, here") {
  struct Row {
    TcpSocket socket;
    std::vector<TcpSocket> listeners;
    TimeWait held_by;
  };
  const TcpSocket server = make("127.0.0.1", 8080, "127.0.0.1", 40000, S::time_wait);
  const TcpSocket client = make("127.0.0.1", 40000, "127.0.0.1", 8080, S::time_wait);
  const TcpSocket mapped = make("::ffff:127.0.0.1", 8080, "::ffff:127.0.0.1", 40000, S::time_wait);
  const TcpSocket ipv6 = make("::1", 8080, "::1", 40000, S::time_wait);
  const TcpSocket outgoing = make("10.0.0.1", 40000, "192.0.2.1", 8080, S::time_wait);
  const TcpSocket incoming = make("10.0.0.1", 8080, "192.0.2.1", 40000, S::time_wait);
  const Row rows[] = {
      {server, {listener("127.0.0.1", 8080)}, TimeWait::server},
      {client, {listener("127.0.0.1", 8080)}, TimeWait::client},
      {server, {listener("0.0.0.0", 8080)}, TimeWait::server},
      {client, {listener("::", 8080)}, TimeWait::client},
      {mapped, {listener("::", 8080)}, TimeWait::server},
      {mapped, {listener("127.0.0.1", 8080)}, TimeWait::server},
      {ipv6, {listener("::", 8080)}, TimeWait::server},
      {ipv6, {listener("0.0.0.0", 8080)}, TimeWait::unknown},
      {server, {}, TimeWait::unknown},
      {server, {listener("127.0.0.2", 8080)}, TimeWait::unknown},
      {server, {listener("127.0.0.1", 8081)}, TimeWait::unknown},
      {server, {listener("127.0.0.1", 8080), listener("127.0.0.1", 40000)}, TimeWait::unknown},
      {outgoing, {listener("0.0.0.0", 8080)}, TimeWait::unknown},
      {incoming, {listener("0.0.0.0", 8080), listener("0.0.0.0", 40000)}, TimeWait::server},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    const Snapshot snapshot =
        take_snapshot({.sockets = {row.socket}, .listeners = row.listeners}, {}, all_rows, is_local);
    REQUIRE(snapshot.listed.size() == 1);
    CHECK(snapshot.listed[0].time_wait == row.held_by);
  }
}

TEST_CASE("both ends hold TIME_WAIT when both are there, or one is among those that the filter passed over") {
  const TcpSocket server = make("127.0.0.1", 8080, "127.0.0.1", 40000, S::time_wait);
  const TcpSocket client = make("127.0.0.1", 40000, "127.0.0.1", 8080, S::time_wait);
  const TcpSocket mapped = make("::ffff:127.0.0.1", 8080, "::ffff:127.0.0.1", 40000, S::time_wait);
  const TcpSocket same_ports = make("127.0.0.2", 40000, "127.0.0.1", 8080, S::time_wait);
  const TcpSocket other_state = make("127.0.0.1", 40000, "127.0.0.1", 8080, S::last_ack);
  const std::vector<TcpSocket> listeners{listener("127.0.0.1", 8080)};
  struct Row {
    std::vector<TcpSocket> sockets;
    std::vector<TcpSocket> other_ends;
    TimeWait held_by;
  };
  const Row rows[] = {
      {{server, client}, {}, TimeWait::both},     {{server}, {client}, TimeWait::both},
      {{mapped, client}, {}, TimeWait::both},     {{mapped}, {client}, TimeWait::both},
      {{server}, {same_ports}, TimeWait::server}, {{server, other_state}, {}, TimeWait::server},
      {{server}, {server}, TimeWait::server},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    const SocketTables tables{.sockets = row.sockets, .listeners = listeners, .other_ends = row.other_ends};
    for (const ListedSocket& listed : take_snapshot(tables, {}, all_rows, is_local).listed)
      CHECK(listed.time_wait == row.held_by);
  }
}

TEST_CASE("all are counted; TIME_WAIT is listed, what came last first, and no more than there is room for") {
  SocketTables tables;
  for (std::uint16_t i = 1; i <= 10; ++i)
    tables.sockets.push_back(make("127.0.0.1", 8080, "127.0.0.1", i, S::time_wait, 1s * (i % 5), i));
  tables.sockets.push_back(make("127.0.0.1", 8080, "127.0.0.1", 11, S::established));
  const Snapshot snapshot = take_snapshot(tables, {}, 4, is_local);
  CHECK(snapshot.counts == StateCounts{{S::established, 1}, {S::time_wait, 10}});
  CHECK(snapshot.not_listed == 6);
  REQUIRE(snapshot.listed.size() == 4);
  constexpr std::array<std::uint16_t, 4> expected{4, 9, 3, 8};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(snapshot.listed[i].socket.remote.port == expected[i]);
}

TEST_CASE("with states in the filter, whatever met it is listed, by state; only TIME_WAIT has a holder") {
  const TcpFilter filter{.states = {S::time_wait, S::established}};
  const Snapshot snapshot = take_snapshot({.sockets = {make("127.0.0.1", 1, "127.0.0.1", 2, S::time_wait),
                                                       make("127.0.0.1", 3, "127.0.0.1", 4, S::established)}},
                                          filter, all_rows, is_local);
  REQUIRE(snapshot.listed.size() == 2);
  CHECK(snapshot.listed[0].socket.state == S::established);
  CHECK_FALSE(snapshot.listed[0].time_wait.has_value());
  CHECK(snapshot.listed[1].time_wait == TimeWait::unknown);
}

}  // namespace
}  // namespace closelab::lab
