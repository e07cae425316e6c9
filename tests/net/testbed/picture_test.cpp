#include "net/testbed/picture.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace closelab::testbed {
namespace {

constexpr Side client = Side::client;
constexpr Side server = Side::server;

std::chrono::nanoseconds at(int time) { return std::chrono::nanoseconds(time); }

Packet packet(int time, Side from, unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgement,
              std::uint32_t payload = 0) {
  return {.at = at(time),
          .from = from,
          .flags = static_cast<std::uint8_t>(flags),
          .sequence = sequence,
          .acknowledgement = acknowledgement,
          .payload = payload};
}

std::vector<std::string> texts(const std::vector<Packet>& packets) {
  std::vector<std::string> result;
  for (const Rung& rung : draw({}, packets, {}, {}).rungs) result.push_back(rung.text);
  return result;
}

TEST_CASE("segments are called by their flags and data") {
  using Texts = std::vector<std::string>;
  CHECK(texts({packet(1, client, syn, 9, 0), packet(2, server, syn | ack, 49, 10), packet(3, client, ack, 10, 50),
               packet(4, client, psh | ack, 10, 50, 1234), packet(5, server, ack, 50, 1244)}) ==
        Texts{"SYN", "SYN, ACK", "ACK", "1,234 bytes", "ACK"});
  CHECK(texts({packet(1, server, fin | psh | ack, 50, 10, 1), packet(2, client, fin | ack, 10, 52),
               packet(3, server, ack, 52, 11)}) == Texts{"FIN, ACK, 1 byte", "FIN, ACK", "ACK of the FIN"});
  CHECK(texts({packet(1, client, rst | ack, 10, 50)}) == Texts{"RST, ACK"});
}

TEST_CASE("what takes up sequence numbers again is sent again; an ACK is not") {
  using Texts = std::vector<std::string>;
  CHECK(texts({packet(1, server, fin | ack, 50, 10), packet(2, server, fin | ack, 50, 10)}) ==
        Texts{"FIN, ACK", "FIN, ACK, again"});
  CHECK(texts({packet(1, client, ack, 10, 50), packet(2, client, ack, 10, 50)}) == Texts{"ACK", "ACK"});
  CHECK(texts({packet(1, client, ack, 0xfffffff0U, 50, 32), packet(2, client, ack, 0xfffffff0U, 50, 32)}) ==
        Texts{"32 bytes", "32 bytes, again"});
}

TEST_CASE("data in bulk is one rung, but not what was lost in it") {
  std::vector<Packet> packets;
  for (unsigned i = 0; i < 10; ++i) {
    packets.push_back(packet(static_cast<int>(2 * i), server, ack, 50 + i * 1000, 10, 1000));
    packets.push_back(packet(static_cast<int>(2 * i + 1), client, ack, 10, 50 + i * 1000));
  }
  Picture picture = draw({}, packets, {}, {});
  REQUIRE(picture.rungs.size() == 1);
  CHECK(picture.rungs[0].text == "10,000 bytes, 20 segments with ACKs");
  CHECK(picture.rungs[0].segments == 20);
  CHECK(picture.rungs[0].side == server);

  packets[10].transit = Transit::lost;
  picture = draw({}, packets, {}, {});
  REQUIRE(picture.rungs.size() == 3);
  CHECK(picture.rungs[1].text == "1,000 bytes");
}

TEST_CASE("calls and states stand between the segments, in time order, counted from the first rung") {
  const std::vector<Packet> packets{packet(110, client, fin | ack, 10, 50), packet(130, server, ack, 50, 11)};
  const std::vector<StateSeen> states{{at(120), client, TcpState::fin_wait_1},
                                      {at(140), client, TcpState::fin_wait_2},
                                      {at(140), server, TcpState::close_wait}};
  const std::vector<Call> calls{{at(100), client, "close()"}};
  const Picture picture = draw({}, packets, states, calls);
  REQUIRE(picture.rungs.size() == 5);
  const std::vector<int> times{0, 10, 20, 30, 40};
  for (std::size_t i = 0; i < times.size(); ++i) CHECK(picture.rungs[i].at == at(times[i]));
  CHECK(picture.rungs[0].text == "close()");
  CHECK(picture.rungs[2].client == TcpState::fin_wait_1);
  CHECK(picture.rungs[2].server == TcpState::unknown);
  CHECK(picture.rungs[4].client == TcpState::fin_wait_2);
  CHECK(picture.rungs[4].server == TcpState::close_wait);
}

}  // namespace
}  // namespace closelab::testbed
