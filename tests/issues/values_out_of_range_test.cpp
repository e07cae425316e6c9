// Options that the kernel or the clock can't represent were taken for others: 2^32 + 5 s of tcp_keepalive for 5 s, the
// longest time for one that is over, max=18446744073709551609 for a hint of -7.

#include <limits>
#include <stdexcept>
#include <string_view>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

using std::chrono::milliseconds;

constexpr auto year = 24h * 365;
constexpr std::int64_t beyond_32_bits = std::int64_t{1} << 32;

struct Row {
  std::string_view key;
  void (*set)(Options&);
};

template <class Enum>
Enum beyond() {
  return static_cast<Enum>(77);
}

constexpr Row refused[] = {
    {"tcp_keepalive", [](Options& o) { o.socket.tcp_keepalive = std::chrono::seconds(beyond_32_bits + 5); }},
    {"tcp_keepalive", [](Options& o) { o.socket.tcp_keepalive = 0s; }},
    {"tcp_keepalive", [](Options& o) { o.socket.tcp_keepalive = 32768s; }},
    {"tcp_user_timeout", [](Options& o) { o.socket.tcp_user_timeout = milliseconds(beyond_32_bits); }},
    {"tcp_user_timeout", [](Options& o) { o.socket.tcp_user_timeout = 0ms; }},
    {"linger", [](Options& o) { o.socket.linger = std::chrono::seconds(std::int64_t{1} << 31); }},
    {"linger", [](Options& o) { o.socket.linger = std::chrono::seconds::max(); }},
    {"tcp_linger2", [](Options& o) { o.socket.tcp_linger2 = -1s; }},
    {"tcp_linger2", [](Options& o) { o.socket.tcp_linger2 = 121s; }},
    {"tcp_linger2", [](Options& o) { o.socket.tcp_linger2 = std::chrono::seconds::max(); }},
    {"address", [](Options& o) { o.listen.address = std::string("127.0.0.1\0.2", 12); }},
    {"backlog", [](Options& o) { o.listen.backlog = -1; }},
    {"records_age", [](Options& o) { o.records_age = milliseconds::max(); }},
    {"records_age", [](Options& o) { o.records_age = -1ms; }},
    {"grace", [](Options& o) { o.grace = milliseconds::min(); }},
    {"grace", [](Options& o) { o.grace = milliseconds::max(); }},
    {"idle_timeout", [](Options& o) { o.timeouts.idle_timeout = milliseconds::max(); }},
    {"header_timeout", [](Options& o) { o.timeouts.header_timeout = milliseconds::min(); }},
    {"body_timeout", [](Options& o) { o.timeouts.body_timeout = year + 1ms; }},
    {"write_timeout", [](Options& o) { o.timeouts.write_timeout = 0ms; }},
    {"lingering_time", [](Options& o) { o.lingering.time = milliseconds::max(); }},
    {"delayed_time", [](Options& o) { o.close_times.delayed_time = milliseconds::max(); }},
    {"half_time", [](Options& o) { o.close_times.half_time = -1ms; }},
    {"deferred_time", [](Options& o) { o.close_times.deferred_time = milliseconds::min(); }},
    {"keep_alive_timeout",
     [](Options& o) {
       o.keep_alive.timeout = {Advertised<milliseconds>::Kind::fixed, milliseconds::max()};
     }},
    {"keep_alive_timeout",
     [](Options& o) {
       o.keep_alive.timeout = {Advertised<milliseconds>::Kind::fixed, -1ms};
     }},
    {"keep_alive_max",
     [](Options& o) {
       o.keep_alive.max = {Advertised<std::int64_t>::Kind::fixed, -7};
     }},
    {"keep_alive_max",
     [](Options& o) {
       o.keep_alive.max = {Advertised<std::int64_t>::Kind::offset, std::numeric_limits<std::int64_t>::min()};
     }},
    {"keep_alive_max", [](Options& o) { o.keep_alive.max.kind = beyond<Advertised<std::int64_t>::Kind>(); }},
    {"keep_alive_when", [](Options& o) { o.keep_alive.when = beyond<KeepAliveWhen>(); }},
    {"close_mode", [](Options& o) { o.close_mode = beyond<CloseMode>(); }},
    {"lingering_when", [](Options& o) { o.lingering_when = beyond<LingeringWhen>(); }},
    {"client_half_close", [](Options& o) { o.client_half_close = beyond<ClientHalfClose>(); }},
    {"listener", [](Options& o) { o.listen.mode = beyond<ListenerMode>(); }},
    {"lookups", [](Options& o) { o.lookups = beyond<Switch>(); }},
    {"timeout_response", [](Options& o) { o.timeout_response = static_cast<Switch>(-1); }},
    {"held_bytes", [](Options& o) { o.held_bytes = 0; }},
    {"header_bytes", [](Options& o) { o.limits.header_bytes = 0; }},
    {"close", [](Options& o) { o.rules = {at(At::accept).close(beyond<CloseMode>())}; }},
    {"at", [](Options& o) { o.rules = {at(beyond<At>()).close()}; }},
};

TEST_CASE("an option that is out of range is refused, and named") {
  for (const Row& row : refused) {
    CAPTURE(row.key);
    Options options;
    row.set(options);
    try {
      Server server(options);
      FAIL_CHECK("accepted");
    } catch (const std::invalid_argument& error) {
      CHECK_MESSAGE(std::string_view(error.what()).find(row.key) != std::string_view::npos, error.what());
    }
  }
}

TEST_CASE("the longest times that are allowed work") {
  Options options;
  options.timeouts = {.idle_timeout = year, .header_timeout = year, .body_timeout = year, .write_timeout = year};
  options.lingering.time = year;
  options.close_times = {.delayed_time = year, .half_time = year, .deferred_time = year};
  options.records_age = year;
  options.grace = year;
  options.keep_alive.timeout = {Advertised<milliseconds>::Kind::offset, year};
  options.keep_alive.max = {Advertised<std::int64_t>::Kind::offset, (std::int64_t{1} << 53) - 1};
  options.request_limit = std::numeric_limits<std::uint64_t>::max();
  options.socket = {.linger = year, .tcp_keepalive = 32767s, .tcp_user_timeout = milliseconds(beyond_32_bits / 2 - 1)};
  TestServer server(options);
  Client client(server);
  const std::string hint = client.exchange(get("/")).field("keep-alive");
  CHECK(hint == "timeout=31536000, max=9007199254740991");
  client.close();
  CHECK(server.closed().close_reason == CloseReason::peer_closed);
}

TEST_CASE("times that come with a call or a response are bounded") {
  TestServer server;
  server.handle("/long", [](const Request&) {
    return Response{.body = "x",
                    .idle_timeout = milliseconds::max(),
                    .keep_alive = KeepAliveHints{.max = {Advertised<std::int64_t>::Kind::fixed, -7}}};
  });
  server.handle("/gone", [](const Request&) { return Response{.body = "x", .idle_timeout = milliseconds::min()}; });
  server.handle("/early", [](const Request&) { return Response{.body = "x", .delay = milliseconds::min()}; });
  server.handle("/nowhere", [](const Request&) { return Response{.close_mode = beyond<CloseMode>()}; });
  Client client(server);
  CHECK(client.exchange(get("/long")).field("keep-alive") == "timeout=31536000, max=0");
  CHECK(client.exchange(get("/early")).status == 200);
  CHECK(client.exchange(get("/gone")).status == 200);
  CHECK(client.receives_fin());
  CHECK(Client(server).exchange(get("/nowhere")).status == 500);
  CHECK_THROWS_AS(server.close(1, beyond<CloseMode>()), std::invalid_argument);
  CHECK_THROWS_AS(server.set_listener(beyond<ListenerMode>()), std::invalid_argument);
  CHECK_THROWS_AS(server.drain({.idle_after = milliseconds::max()}), std::invalid_argument);
  CHECK_FALSE(server.wait_idle(77, milliseconds::min()));
  CHECK_FALSE(server.wait_closed(77, milliseconds::min()));
  server.stop(milliseconds::min());
}

}  // namespace
}  // namespace closelab::loopback
