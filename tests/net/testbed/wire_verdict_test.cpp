#include "net/testbed/wire_verdict.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace closelab::testbed {
namespace {

constexpr Side server = Side::server;
constexpr Side client = Side::client;
constexpr std::uint32_t window = 65536;

/// A segment; the client's numbers begin at 100, the server's at 500, and each side has sent its SYN.
Packet packet(Side from, unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgement,
              std::uint32_t payload = 0, std::uint32_t its_window = window) {
  return {.from = from,
          .flags = static_cast<std::uint8_t>(flags),
          .sequence = sequence,
          .acknowledgement = acknowledgement,
          .window = its_window,
          .payload = payload};
}

const First server_fin{Side::server, ClosedBy::fin};
const First server_rst{Side::server, ClosedBy::rst};
const First client_fin{Side::client, ClosedBy::fin};
const First client_rst{Side::client, ClosedBy::rst};
const First crossed{Side::both, ClosedBy::fin};

struct Row {
  const char* name;
  std::vector<Packet> packets;
  std::vector<First> first;
  std::vector<ResetBy> reset_by;
  std::vector<TimeWait> time_wait;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const WireVerdict verdict = read_wire(row.packets);
    CAPTURE(std::string(row.name));
    CHECK((verdict.first == row.first));
    CHECK((verdict.reset_by == row.reset_by));
    CHECK((verdict.time_wait == row.time_wait));
  }
}

TEST_CASE("FINs") {
  check({
      {"none",
       {packet(client, syn, 99, 0), packet(server, syn | ack, 499, 100)},
       {},
       {ResetBy::none},
       {TimeWait::none}},
      {"server first",
       {packet(server, fin | ack, 500, 100), packet(client, ack, 100, 501), packet(client, fin | ack, 100, 501),
        packet(server, ack, 501, 101)},
       {server_fin},
       {ResetBy::none},
       {TimeWait::server}},
      {"client first",
       {packet(client, fin | ack, 100, 500), packet(server, fin | ack, 500, 101), packet(client, ack, 101, 501)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client}},
      {"crossed, whichever the sniffer saw first",
       {packet(client, fin | ack, 100, 500), packet(server, fin | ack, 500, 100), packet(client, ack, 101, 501),
        packet(server, ack, 501, 101)},
       {crossed},
       {ResetBy::none},
       {TimeWait::both}},
      {"a FIN sent again with a newer ACK counts as it was sent first",
       {packet(server, fin | ack, 500, 100), packet(client, fin | ack, 100, 500), packet(server, fin | ack, 500, 101),
        packet(client, fin | ack, 100, 501)},
       {crossed},
       {ResetBy::none},
       {TimeWait::both}},
      {"half-close, and the answer after it",
       {packet(client, fin | ack, 100, 500), packet(server, fin | ack, 500, 101, 10), packet(client, ack, 101, 511)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client}},
      {"numbers that wrap",
       {packet(server, fin | ack, 0xffffffffU, 100), packet(client, fin | ack, 100, 0), packet(server, ack, 0, 101)},
       {server_fin},
       {ResetBy::none},
       {TimeWait::server}},
      {"not finished: the client keeps its end",
       {packet(server, fin | ack, 500, 100), packet(client, ack, 100, 501)},
       {server_fin},
       {ResetBy::none},
       {TimeWait::none}},
  });
}

TEST_CASE("a FIN that may have waited for the peer's window") {
  check({
      {"the client's FIN found more outstanding than its window takes",
       {packet(server, psh | ack, 500, 100, 1000), packet(client, fin | ack, 100, 1500, 0, 0),
        packet(client, ack, 101, 1500), packet(server, fin | ack, 1500, 101, 5000), packet(client, ack, 101, 6501)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client, TimeWait::both}},
      {"data in flight, and more after the client's FIN: perhaps the congestion window was full",
       {packet(server, psh | ack, 500, 100, 1000), packet(client, fin | ack, 100, 500),
        packet(server, fin | ack, 1500, 101, 10), packet(client, ack, 101, 1511)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client, TimeWait::both}},
      {"the client's FIN opens the window and acknowledges the rest: too late for a FIN that waited",
       {packet(client, ack, 100, 500, 0, 1000), packet(server, psh | ack, 500, 100, 1000),
        packet(client, fin | ack, 100, 1500), packet(server, fin | ack, 1500, 101, 10), packet(client, ack, 101, 1511)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client, TimeWait::both}},
      {"data in flight, and only the FIN after it: that never waits",
       {packet(server, psh | ack, 500, 100, 1000), packet(client, fin | ack, 100, 500),
        packet(server, fin | ack, 1500, 101), packet(client, ack, 101, 1501)},
       {client_fin},
       {ResetBy::none},
       {TimeWait::client}},
  });
}

TEST_CASE("RSTs") {
  check({
      {"server aborts", {packet(server, rst | ack, 500, 100)}, {server_rst}, {ResetBy::server}, {TimeWait::none}},
      {"client aborts", {packet(client, rst | ack, 100, 500)}, {client_rst}, {ResetBy::client}, {TimeWait::none}},
      {"client aborts after the server's FIN had arrived",
       {packet(server, fin | ack, 500, 100), packet(client, rst | ack, 100, 501)},
       {server_fin},
       {ResetBy::client},
       {TimeWait::none}},
      {"the client's RST crossed the server's FIN",
       {packet(server, fin | ack, 500, 100), packet(client, rst | ack, 100, 500)},
       {server_fin, client_rst},
       {ResetBy::client},
       {TimeWait::none}},
      {"server aborts after the client's FIN had arrived",
       {packet(client, fin | ack, 100, 500), packet(server, rst | ack, 500, 101)},
       {client_fin},
       {ResetBy::server},
       {TimeWait::none}},
      {"both abort",
       {packet(client, rst | ack, 100, 500), packet(server, rst | ack, 500, 100)},
       {server_rst, client_rst},
       {ResetBy::server, ResetBy::client},
       {TimeWait::none}},
      {"client closes, and answers late data by RST: its FIN was first",
       {packet(client, fin | ack, 100, 500), packet(server, fin | ack, 500, 101, 10), packet(client, rst, 101, 0)},
       {client_fin},
       {ResetBy::client},
       {TimeWait::none}},
      {"FINs crossed, and the client answers the data by RST",
       {packet(server, fin | ack, 500, 100, 10), packet(client, fin | ack, 100, 500), packet(server, ack, 511, 101),
        packet(client, rst, 101, 0)},
       {crossed},
       {ResetBy::client},
       {TimeWait::none}},
      {"an RST into TIME_WAIT: it may have come after the verdict",
       {packet(server, fin | ack, 500, 100), packet(client, fin | ack, 100, 501), packet(server, ack, 501, 101),
        packet(client, rst | ack, 101, 501)},
       {server_fin},
       {ResetBy::client, ResetBy::none},
       {TimeWait::none, TimeWait::server}},
      {"late data into a closed socket",
       {packet(server, fin | ack, 500, 100), packet(client, ack, 100, 501), packet(client, psh | ack, 100, 501, 5),
        packet(server, rst, 501, 0)},
       {server_fin},
       {ResetBy::server},
       {TimeWait::none}},
  });
}

TEST_CASE("an RST before the server's answer to the SYN is of an older connection") {
  check({{"TIME_WAIT has answered the SYN before",
          {packet(client, syn, 99, 0), packet(server, ack, 300, 50), packet(client, rst, 50, 0),
           packet(server, syn | ack, 499, 100), packet(client, fin | ack, 100, 500),
           packet(server, fin | ack, 500, 101), packet(client, ack, 101, 501)},
          {client_fin},
          {ResetBy::none},
          {TimeWait::client}}});
}

}  // namespace
}  // namespace closelab::testbed
