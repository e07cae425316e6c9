#include "server/lab/watch/print.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using S = TcpState;

ListedSocket time_wait(const char* local, const char* remote, std::chrono::milliseconds left, TimeWait held_by) {
  return {.socket = {.local = *net::parse_address(local, 8080),
                     .remote = *net::parse_address(remote, 46646),
                     .state = S::time_wait,
                     .timer = TcpTimer::time_wait,
                     .timer_left = left},
          .time_wait = held_by};
}

Snapshot example() {
  return {.counts = {{S::established, 1154}, {S::time_wait, 1645}},
          .listed = {time_wait("127.0.0.1", "127.0.0.1", 59'701ms, TimeWait::server),
                     time_wait("::ffff:127.0.0.1", "::ffff:127.0.0.1", 1ms, TimeWait::both),
                     time_wait("2001:db8::1", "2001:db8:1234::2", 0ms, TimeWait::unknown)},
          .not_listed = 1642};
}

/// Without the time of day, which depends on where one is.
std::string body(const std::string& text) { return text.substr(8); }

constexpr const char* whole = R"(  2799 TCP sockets
ESTABLISHED    1154
TIME_WAIT      1645

Proto Recv-Q Send-Q Local Address      Foreign Address          State     Time left Held by
tcp        0      0 127.0.0.1:8080     127.0.0.1:46646          TIME_WAIT    59.8 s server
tcp6       0      0 127.0.0.1:8080     127.0.0.1:46646          TIME_WAIT     0.1 s both
tcp6       0      0 [2001:db8::1]:8080 [2001:db8:1234::2]:46646 TIME_WAIT     ≤ 2 s unknown
... and 1642 more
≤ 2 s: the timer is due; the kernel's timer slack is up to 2 s
)";

TEST_CASE("the table: counts by state, then netstat's columns with the time left and the holder") {
  CHECK(body(watch_text(example())) == whole);
}

TEST_CASE("the table fits its room: fewer sockets, then fewer lines, and each cut at the last column") {
  const Snapshot snapshot = example();
  CHECK(body(watch_text(snapshot, {.rows = 10})) == whole);
  const std::string shorter = watch_text(snapshot, {.rows = 9});
  CHECK(shorter.find("... and 1643 more\n") != std::string::npos);
  CHECK(shorter.find("2001:db8") == std::string::npos);
  CHECK(shorter.find("slack") == std::string::npos);
  for (const std::size_t rows : {0U, 1U, 2U, 3U, 5U, 7U, 8U, 9U, 10U, 11U}) {
    CAPTURE(rows);
    const std::string text = watch_text(snapshot, {.rows = rows});
    CHECK(static_cast<std::size_t>(std::ranges::count(text, '\n')) <= rows);
    CHECK((text.empty() || text.back() == '\n'));
  }
  const std::string narrow = watch_text(snapshot, {.columns = 14});
  CHECK(narrow.find("\nESTABLISHED   \n") != std::string::npos);
  CHECK(narrow.find("\nTime left Held\n") != std::string::npos);
  CHECK(narrow.find("\n≤ 2 s: the tim\n") != std::string::npos);
}

TEST_CASE("what is left of TIME_WAIT is never cut off: an address is") {
  const std::string text = watch_text(example(), {.columns = 40});
  CHECK(text.find("\n   59.8 s server  TIME_WAIT 127.0.0.1:80\n") != std::string::npos);
  CHECK(text.find("\n    ≤ 2 s unknown TIME_WAIT [2001:db8::1\n") != std::string::npos);
  CHECK(watch_text(example(), {.columns = 40, .charset = server::Charset::ascii}).find("\n   <= 2 s unknown") !=
        std::string::npos);
  CHECK(watch_text(example(), {.columns = 91}).find("\nProto ") != std::string::npos);
  CHECK(watch_text(example(), {.columns = 90}).find("\nProto ") == std::string::npos);
}

TEST_CASE("the table of nothing, of one, of a filter, and of a listener") {
  CHECK(body(watch_text({})) == "  0 TCP sockets\n");
  const TcpFilter filter{.port = 80, .peer = parse_address_range("10.0.0.0/8"), .states = {S::listen, S::fin_wait_2}};
  const TcpSocket listener{.local = *net::parse_address("0.0.0.0", 80),
                           .remote = *net::parse_address("0.0.0.0", 0),
                           .state = S::listen,
                           .send_queue = 128};
  CHECK(body(watch_text({.filter = filter, .counts = {{S::listen, 1}}, .listed = {{.socket = listener}}})) ==
        R"(  1 TCP socket, port 80, peer 10.0.0.0/8, LISTEN, FIN_WAIT_2
LISTEN            1

Proto Recv-Q Send-Q Local Address Foreign Address State  Time left Held by
tcp        0    128 0.0.0.0:80    0.0.0.0:*       LISTEN         - -
)");
}

TEST_CASE("a timer that is not TIME_WAIT's says nothing about the time left") {
  ListedSocket row = time_wait("127.0.0.1", "127.0.0.1", 5s, TimeWait::server);
  row.socket.state = S::fin_wait_2;
  CHECK(watch_text({.listed = {row}}).find(" 5.0 s ") != std::string::npos);
  row.socket.timer = TcpTimer::keepalive;
  CHECK(watch_text({.listed = {row}}).find(" 5.0 s ") == std::string::npos);
}

TEST_CASE("JSON: one line for each table") {
  Snapshot snapshot = example();
  snapshot.at = std::chrono::system_clock::time_point(1'700'000'000'123ms);
  snapshot.filter = {.port = 8080, .peer = parse_address_range("::1"), .states = {S::time_wait}};
  const std::string text = watch_json(snapshot);
  CHECK(std::ranges::count(text, '\n') == 1);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["at_ms"] == 1'700'000'000'123);
  CHECK(json["filter"] == nlohmann::json::parse(R"({"port":8080,"peer":"::1","states":["TIME_WAIT"]})"));
  CHECK(json["states"] == nlohmann::json::parse(R"({"ESTABLISHED":1154,"TIME_WAIT":1645})"));
  CHECK(json["left_out"] == 1642);
  REQUIRE(json["sockets"].size() == 3);
  CHECK(json["sockets"][0] == nlohmann::json::parse(R"({"proto":"tcp","receive_queue":0,"send_queue":0,
        "local":"127.0.0.1:8080","remote":"127.0.0.1:46646","state":"TIME_WAIT","timer":"time_wait",
        "timer_left_ms":59701,"time_wait":"server"})"));
  CHECK(json["sockets"][1]["proto"] == "tcp6");
}

}  // namespace
}  // namespace closelab::lab
