#include "net/testbed/two_views.h"

#include <doctest/doctest.h>

namespace closelab::testbed {
namespace {

Endpoint host(std::uint8_t last) { return {.family = AddressFamily::ipv4, .port = last, .address = {192, 0, 2, last}}; }
const Endpoint client = host(1);
const Endpoint server = host(2);

Segment segment(const Endpoint& from, int at, std::uint32_t fingerprint) {
  Segment result;
  result.source = from;
  result.destination = from == client ? server : client;
  result.packet = {.at = std::chrono::nanoseconds(at), .flags = ack, .fingerprint = fingerprint};
  return result;
}

TEST_CASE("each segment once, with when it left and when it arrived") {
  // The client sends 1 (arrives) and 2 (lost); the server sends 3, which arrives twice.
  const std::vector<Segment> at_client{segment(client, 10, 1), segment(client, 20, 2), segment(server, 45, 3),
                                       segment(server, 60, 3)};
  const std::vector<Segment> at_server{segment(client, 15, 1), segment(server, 40, 3)};
  const auto joined = join_views(at_client, at_server, client);
  struct Row {
    int at;
    std::uint32_t fingerprint;
    Transit transit;
    int arrived;
  };
  const Row rows[] = {{10, 1, Transit::delivered, 15},
                      {20, 2, Transit::lost, 0},
                      {40, 3, Transit::delivered, 45},
                      {60, 3, Transit::repeated, 60}};
  REQUIRE(joined.size() == 4);
  for (std::size_t i = 0; i < joined.size(); ++i) {
    CAPTURE(i);
    CHECK(joined[i].packet.at.count() == rows[i].at);
    CHECK(joined[i].packet.fingerprint == rows[i].fingerprint);
    CHECK(joined[i].packet.transit == rows[i].transit);
    CHECK(joined[i].packet.arrived.count() == rows[i].arrived);
  }
}

TEST_CASE("a segment that was sent again is another one") {
  const auto joined = join_views({segment(client, 10, 1), segment(client, 20, 2)}, {segment(client, 25, 2)}, client);
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].packet.transit == Transit::lost);
  CHECK(joined[1].packet.transit == Transit::delivered);
}

}  // namespace
}  // namespace closelab::testbed
