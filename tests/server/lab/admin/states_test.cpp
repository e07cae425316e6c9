#include <doctest/doctest.h>

#include "server/lab/admin/tcp_states.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

Endpoint at(std::uint8_t last, std::uint16_t port) {
  return {.family = AddressFamily::ipv4, .port = port, .address = {127, 0, 0, last}};
}

Endpoint mapped(std::uint8_t last, std::uint16_t port) {
  return {.family = AddressFamily::ipv6,
          .port = port,
          .address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}};
}

TEST_CASE("the server's sockets and its clients' are told apart and counted") {
  const Endpoint none{.family = AddressFamily::ipv4};
  const TcpSocket sockets[] = {
      {.local = at(1, 8080), .remote = none, .state = TcpState::listen},
      {.local = at(1, 8080), .remote = at(1, 5000), .state = TcpState::established},
      {.local = at(1, 5000), .remote = at(1, 8080), .state = TcpState::established},
      {.local = at(1, 8080), .remote = at(1, 5001), .state = TcpState::time_wait, .timer_left = 1000ms},
      {.local = at(1, 5002), .remote = at(1, 8080), .state = TcpState::time_wait, .timer_left = 2000ms},
      // What a dual-stack client has is the same address.
      {.local = mapped(1, 5003), .remote = mapped(1, 8080), .state = TcpState::close_wait},
      // A client of another server on that port.
      {.local = at(1, 5004), .remote = at(2, 8080), .state = TcpState::established},
  };
  const Json json = states_json(at(1, 8080), sockets, 10);
  CHECK(json["server"] == Json{{"ESTABLISHED", 1}, {"TIME_WAIT", 1}, {"LISTEN", 1}});
  CHECK(json["client"] == Json{{"ESTABLISHED", 1}, {"TIME_WAIT", 1}, {"CLOSE_WAIT", 1}});
  REQUIRE(json["time_wait"].size() == 2);
  CHECK(json["time_wait"][0] == Json{{"side", "client"},
                                     {"local", "127.0.0.1:5002"},
                                     {"remote", "127.0.0.1:8080"},
                                     {"time_wait_remaining_ms", 2000}});
  CHECK(json["time_wait"][1]["side"] == "server");
  CHECK(json["left_out"] == 0);

  const Json cut = states_json(at(1, 8080), sockets, 1);
  CHECK(cut["time_wait"].size() == 1);
  CHECK(cut["left_out"] == 1);
}

TEST_CASE("each socket is listed: open ones first, then the newest in TIME_WAIT, at most so many of a side") {
  const Endpoint none{.family = AddressFamily::ipv4};
  const TcpSocket sockets[] = {
      {.local = at(1, 8080), .remote = none, .state = TcpState::listen},
      {.local = at(1, 8080), .remote = at(1, 5001), .state = TcpState::time_wait, .timer_left = 1000ms},
      {.local = at(1, 8080), .remote = at(1, 5002), .state = TcpState::time_wait, .timer_left = 2000ms},
      {.local = at(1, 8080), .remote = at(1, 5003), .state = TcpState::fin_wait_2},
      {.local = at(1, 5003), .remote = at(1, 8080), .state = TcpState::close_wait},
  };
  const Json all = sockets_json(at(1, 8080), sockets, 10);
  REQUIRE(all.size() == 4);
  CHECK(all[0] == Json{{"side", "server"},
                       {"local", "127.0.0.1:8080"},
                       {"remote", "127.0.0.1:5003"},
                       {"state", "FIN_WAIT_2"},
                       {"timer_ms", 0}});
  CHECK(all[1]["timer_ms"] == 2000);
  CHECK(all[3]["side"] == "client");
  CHECK(sockets_json(at(1, 8080), sockets, 1).size() == 2);
}

TEST_CASE("of a server that listens everywhere, clients on this machine are recognized by their addresses") {
  const Endpoint everywhere{.family = AddressFamily::ipv6, .port = 8080};
  const Endpoint here{.family = AddressFamily::ipv4, .port = 5000, .address = {10, 0, 0, 1}};
  const Endpoint here_served{.family = AddressFamily::ipv4, .port = 8080, .address = {10, 0, 0, 1}};
  const Endpoint elsewhere{.family = AddressFamily::ipv4, .port = 8080, .address = {10, 0, 0, 2}};
  const TcpSocket sockets[] = {
      {.local = here, .remote = here_served, .state = TcpState::established},
      {.local = here, .remote = elsewhere, .state = TcpState::established},
      {.local = at(1, 5001), .remote = at(1, 8080), .state = TcpState::established},
  };
  CHECK(states_json(everywhere, sockets, 10)["client"] == Json{{"ESTABLISHED", 2}});
}

}  // namespace
}  // namespace closelab::lab
