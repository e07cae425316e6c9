#include "server/lab/experiments/packet_words.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using server::Rung;
using server::RungKind;
using Texts = std::vector<std::string>;

testbed::Packet packet(std::chrono::nanoseconds at, Side from, testbed::Transit transit,
                       std::chrono::nanoseconds arrived) {
  testbed::Packet result;
  result.at = at;
  result.from = from;
  result.transit = transit;
  result.arrived = arrived;
  return result;
}

/// The client closes first; its FIN is seen on both hosts.
CaseOutcome closed_by_client() {
  using testbed::Transit;
  CaseOutcome outcome;
  outcome.packets = {packet(1000ns, Side::client, Transit::unknown, {}),
                     packet(1500ns, Side::client, Transit::delivered, 1600ns),
                     packet(1700ns, Side::server, Transit::lost, {})};
  outcome.picture.rungs = {
      {.at = 0ns, .kind = RungKind::call, .side = Side::client, .text = "connect()"},
      {.at = 10ns, .kind = RungKind::syn, .side = Side::client, .text = "SYN"},
      {.at = 20ns, .kind = RungKind::state, .side = Side::server, .text = "ESTABLISHED"},
      {.at = 500ns, .kind = RungKind::call, .side = Side::client, .text = "close()"},
      {.at = 510ns, .kind = RungKind::fin, .side = Side::client, .text = "FIN, ACK"},
      {.at = 710ns, .kind = RungKind::fin, .side = Side::server, .text = "FIN, ACK"},
      {.at = 900ns, .kind = RungKind::state, .side = Side::client, .text = "TIME_WAIT"},
  };
  outcome.observed["closed_first"] = observed("client");
  outcome.observed["time_wait"] = observed("client");
  return outcome;
}

TEST_CASE("each packet has its words, with the calls before it and the states after it") {
  const PacketWords words = words_of_packets(closed_by_client());
  CHECK(words.at(1000ns) == Texts{"client: connect()", "client: SYN", "server: ESTABLISHED"});
  CHECK(words.at(1500ns) == Texts{"client: close()", "client: FIN, ACK"});
}

TEST_CASE("a packet that was seen on both hosts has its words twice, a lost one once") {
  const PacketWords words = words_of_packets(closed_by_client());
  CHECK(words.at(1600ns) == words.at(1500ns));
  CHECK(words.size() == 4);
}

TEST_CASE("the last packet says how the connection ended") {
  const PacketWords words = words_of_packets(closed_by_client());
  CHECK(words.at(1700ns) == Texts{"server: FIN, ACK", "client: TIME_WAIT", "closed first: client; TIME_WAIT: client"});
}

TEST_CASE("without packets there is nothing to say") { CHECK(words_of_packets({}).empty()); }

}  // namespace
}  // namespace closelab::lab
