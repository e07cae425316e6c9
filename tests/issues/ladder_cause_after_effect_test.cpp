// A bulk line "113,293 bytes, 12 segments" stood before the request that asked for it: it began with the handshake's
// ACK, took in the request and both directions, and was cut.

#include <doctest/doctest.h>

#include <algorithm>

#include "server/lab/experiments/packet_picture.h"

namespace closelab::lab {
namespace {

using testbed::Packet;

std::chrono::nanoseconds at(int time) { return std::chrono::nanoseconds(time); }

TEST_CASE("issue: a run of segments does not reach across the handshake and the request") {
  std::vector<Packet> packets{
      {.at = at(1), .from = Side::client, .flags = testbed::syn, .sequence = 9},
      {.at = at(2), .from = Side::server, .flags = testbed::syn | testbed::ack},
      {.at = at(3), .from = Side::client, .flags = testbed::ack, .sequence = 10},
      {.at = at(4), .from = Side::client, .flags = testbed::ack, .sequence = 10, .payload = 58}};
  for (int i = 0; i < 10; ++i)
    packets.push_back({.at = at(10 + i),
                       .from = Side::server,
                       .flags = testbed::ack,
                       .sequence = static_cast<std::uint32_t>(1 + 1000 * i),
                       .payload = 1000});
  const server::Picture picture =
      picture_of({}, packets, {}, std::vector<CallSeen>{{at(4), Side::client, "sends GET /"}});
  const auto order = [&picture](const char* text) {
    return std::ranges::find(picture.rungs, text, &server::Rung::text) - picture.rungs.begin();
  };
  CHECK(order("ACK") == 2);
  CHECK(order("sends GET /") == 3);
  CHECK(order("58 bytes") == 4);
  CHECK(order("10,000 bytes in 10 segments") == 5);
  CHECK(picture.rungs.size() == 6);
  CHECK(picture.rungs.back().side == Side::server);
}

}  // namespace
}  // namespace closelab::lab
