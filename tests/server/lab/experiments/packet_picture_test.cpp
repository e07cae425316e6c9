#include "server/lab/experiments/packet_picture.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace closelab::lab {
namespace {

using server::Picture;
using server::Rung;
using server::RungKind;
using testbed::ack;
using testbed::fin;
using testbed::Packet;
using testbed::psh;
using testbed::rst;
using testbed::syn;
using testbed::Transit;

constexpr Side client = Side::client;
constexpr Side server_side = Side::server;

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

std::vector<std::string> texts(const Picture& picture) {
  std::vector<std::string> result;
  for (const Rung& rung : picture.rungs) result.push_back(rung.text);
  return result;
}

std::vector<std::string> texts(const std::vector<Packet>& packets) { return texts(picture_of({}, packets, {}, {})); }

using Texts = std::vector<std::string>;

TEST_CASE("segments are called by their flags and data") {
  CHECK(texts({packet(1, client, syn, 9, 0), packet(2, server_side, syn | ack, 49, 10), packet(3, client, ack, 10, 50),
               packet(4, client, psh | ack, 10, 50, 1234), packet(5, server_side, ack, 50, 1244)}) ==
        Texts{"SYN", "SYN, ACK", "ACK", "1,234 bytes", "ACK"});
  CHECK(texts({packet(1, server_side, fin | psh | ack, 50, 10, 1), packet(2, client, fin | ack, 10, 52),
               packet(3, server_side, ack, 52, 11)}) == Texts{"FIN, ACK, 1 byte", "FIN, ACK", "ACK of the FIN"});
  CHECK(texts({packet(1, client, rst | ack, 10, 50)}) == Texts{"RST, ACK"});
}

TEST_CASE("what takes up sequence numbers again is sent again; an ACK is not") {
  CHECK(texts({packet(1, server_side, fin | ack, 50, 10), packet(2, server_side, fin | ack, 50, 10)}) ==
        Texts{"FIN, ACK", "FIN, ACK, again"});
  CHECK(texts({packet(1, client, ack, 10, 50), packet(2, client, ack, 10, 50)}) == Texts{"ACK", "ACK"});
  CHECK(texts({packet(1, client, ack, 0xfffffff0U, 50, 32), packet(2, client, ack, 0xfffffff0U, 50, 32)}) ==
        Texts{"32 bytes", "32 bytes, again"});
}

/// Ten times 1000 bytes of the server and the client's ACK of them, from 100 on.
std::vector<Packet> bulk() {
  std::vector<Packet> packets;
  for (unsigned i = 0; i < 10; ++i) {
    packets.push_back(packet(static_cast<int>(100 + 2 * i), server_side, ack, 50 + i * 1000, 10, 1000));
    packets.push_back(packet(static_cast<int>(101 + 2 * i), client, ack, 10, 1050 + i * 1000));
  }
  return packets;
}

TEST_CASE("data in bulk is a rung for each direction, at its own time") {
  const Picture picture = picture_of({}, bulk(), {}, {});
  REQUIRE(texts(picture) == Texts{"10,000 bytes in 10 segments", "10 ACKs"});
  CHECK(picture.rungs[0].segments == 10);
  CHECK(picture.rungs[0].side == server_side);
  CHECK(picture.rungs[0].until == at(18));
  CHECK(picture.rungs[1].side == client);
  CHECK(picture.rungs[1].at == at(1));
  CHECK(picture.rungs[1].until == at(19));
}

TEST_CASE("a run ends where something else happens") {
  struct Row {
    const char* what;
    std::vector<Packet> packets;
    std::vector<StateSeen> states;
    std::vector<CallSeen> calls;
    Texts expected;
  };
  std::vector<Packet> with_loss = bulk();
  with_loss[10].transit = Transit::lost;
  std::vector<Packet> with_request = bulk();
  with_request[9].payload = 7;
  const Row rows[] = {
      {"a loss", with_loss, {}, {}, {"5,000 bytes in 5 segments", "5 ACKs", "1,000 bytes", "5 ACKs"}},
      {"data of the other side", with_request, {}, {}, {}},
      {"a state", bulk(), {{at(109), server_side, TcpState::fin_wait_1}}, {}, {}},
      {"a call", bulk(), {}, {{at(108), client, "reads"}}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Picture picture = picture_of({}, row.packets, row.states, row.calls);
    for (const Rung& rung : picture.rungs)
      if (rung.until)
        for (const Rung& other : picture.rungs)
          CHECK_FALSE((other.kind != RungKind::data && other.at > rung.at && other.at < *rung.until));
    CHECK(picture.rungs.size() > 2);
  }
}

TEST_CASE("what was sent is called by what it is and what became of it") {
  Packet lost = packet(1, client, syn, 9, 0);
  lost.transit = Transit::lost;
  const Picture picture = picture_of({}, std::vector{lost}, {}, {});
  CHECK(picture.rungs[0].kind == RungKind::syn);
  CHECK(picture.rungs[0].transit == Transit::lost);
}

TEST_CASE("calls and states stand between the segments, in time order, counted from the first rung") {
  const std::vector<Packet> packets{packet(110, client, fin | ack, 10, 50), packet(130, server_side, ack, 50, 11)};
  const std::vector<StateSeen> states{{at(120), client, TcpState::fin_wait_1},
                                      {at(140), client, TcpState::fin_wait_2},
                                      {at(140), server_side, TcpState::close_wait}};
  const std::vector<CallSeen> calls{{at(100), client, "close()"}};
  const Picture picture = picture_of({}, packets, states, calls);
  REQUIRE(picture.rungs.size() == 6);
  const std::vector<int> times{0, 10, 20, 30, 40, 40};
  for (std::size_t i = 0; i < times.size(); ++i) CHECK(picture.rungs[i].at == at(times[i]));
  CHECK(picture.rungs[0].text == "close()");
  CHECK(picture.rungs[2].state == TcpState::fin_wait_1);
  CHECK(picture.rungs[4].side == client);
  CHECK(picture.rungs[5].state == TcpState::close_wait);
}

}  // namespace
}  // namespace closelab::lab
