#include "server/lab/experiments/html_ladder.h"

#include <doctest/doctest.h>

#include "server/lab/experiments/html_timeline.h"

namespace closelab::lab {
namespace {

using net::Transit;
using server::Rung;
using server::RungKind;

std::chrono::nanoseconds ms(int time) { return std::chrono::milliseconds(time); }

server::Picture picture_with(std::vector<Rung> rungs) {
  server::Picture picture;
  picture.client = {.family = AddressFamily::ipv4, .port = 5000, .address = {192, 0, 2, 1}};
  picture.server = {.family = AddressFamily::ipv4, .port = 9000, .address = {192, 0, 2, 2}};
  picture.rungs = std::move(rungs);
  return picture;
}

Rung state(int at, Side side, TcpState state) {
  return {.at = ms(at), .kind = RungKind::state, .side = side, .state = state};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Rows are 25 high, and the middle of the first is at 60; arrows go from x = 179 to 499.
TEST_CASE("what an arrow looks like") {
  struct Row {
    Rung rung;
    std::string_view kind;
    std::string_view drawn;
  };
  const Row rows[] = {
      {{.kind = RungKind::syn, .side = Side::client, .text = "SYN"},
       "syn",
       R"(<line x1="179" y1="60" x2="499" y2="60"/>)"},
      {{.kind = RungKind::rst, .side = Side::server, .text = "RST, ACK"},
       "rst",
       R"(<line x1="499" y1="60" x2="179" y2="60"/>)"},
      {{.kind = RungKind::data, .side = Side::server, .text = "ACK of the FIN"},
       "data",
       "translate(179 60) rotate(180.0)"},
      {{.kind = RungKind::fin,
        .side = Side::client,
        .text = "FIN, ACK",
        .transit = Transit::delivered,
        .arrived = ms(5)},
       "fin",
       R"(<line x1="179" y1="60" x2="499" y2="85"/>)"},
      {{.kind = RungKind::fin, .side = Side::client, .text = "FIN, ACK", .transit = Transit::lost},
       "lost",
       R"(<line x1="179" y1="60" x2="339" y2="60"/>)"},
      {{.kind = RungKind::data, .side = Side::client, .text = "5 bytes, an old copy", .transit = Transit::repeated},
       "data repeated",
       R"(<line x1="339" y1="60" x2="499" y2="60"/>)"},
  };
  for (const Row& row : rows) {
    const std::string svg = ladder_svg(picture_with({row.rung}), "x");
    CAPTURE(svg);
    CHECK(has(svg, std::string("<g class=\"") + std::string(row.kind) + "\">"));
    CHECK(has(svg, row.drawn));
    CHECK(has(svg, ">" + row.rung.text + "</text>"));
  }
}

TEST_CASE("segments that cross arrive behind each other's leaving") {
  const Rung from_client{.kind = RungKind::fin,
                         .side = Side::client,
                         .text = "FIN, ACK",
                         .transit = Transit::delivered,
                         .arrived = ms(100)};
  const Rung from_server{.at = ms(1),
                         .kind = RungKind::fin,
                         .side = Side::server,
                         .text = "FIN, ACK",
                         .transit = Transit::delivered,
                         .arrived = ms(101)};
  const std::string svg = ladder_svg(picture_with({from_client, from_server}), "x");
  CHECK(has(svg, R"(<line x1="179" y1="60" x2="499" y2="110"/>)"));
  CHECK(has(svg, R"(<line x1="499" y1="85" x2="179" y2="135"/>)"));
}

TEST_CASE("a bar for each state, until the next one") {
  const std::string svg = ladder_svg(
      picture_with({{.kind = RungKind::state, .side = Side::client, .state = TcpState::fin_wait_1},
                    {.at = ms(1), .kind = RungKind::call, .side = Side::server, .text = "reads <EOF>"},
                    {.at = ms(2), .kind = RungKind::state, .side = Side::client, .state = TcpState::time_wait},
                    {.at = ms(2), .kind = RungKind::state, .side = Side::server, .state = TcpState::closed}}),
      "x");
  CHECK(has(svg, R"(<rect class="FIN_WAIT_1" x="166" y="48" width="12" height="50"/>)"));
  CHECK(has(svg, R"(<rect class="TIME_WAIT" x="166" y="98" width="12" height="50"/>)"));
  CHECK(has(svg, R"(<rect class="CLOSED" x="500" y="123" width="12" height="25"/>)"));
  CHECK(count(svg, "<rect") == 3);
  CHECK(has(svg, ">reads &lt;EOF&gt;</text>"));
  CHECK(has(svg, "1.000 ms: server: reads &lt;EOF&gt;."));
}

TEST_CASE("the middle of a very long ladder is left out, but not the states that it led to") {
  std::vector<Rung> rungs;
  for (int i = 0; i < 1000; ++i)
    rungs.push_back({.at = ms(i), .kind = RungKind::data, .side = Side::client, .text = "ACK"});
  rungs[500] = {.at = ms(500), .kind = RungKind::state, .side = Side::server, .state = TcpState::close_wait};
  const std::string svg = ladder_svg(picture_with(std::move(rungs)), "x");
  CHECK(count(svg, "<g class=\"data\">") == 150);
  CHECK(has(svg, ">850 steps are not drawn</text>"));
  CHECK(count(svg, "<rect class=\"CLOSE_WAIT\"") == 1);
}

TEST_CASE("no connection, no pictures") {
  CHECK(ladder_svg({}, "x") == "");
  CHECK(timeline_svg({}, "x") == "");
  CHECK(timeline_svg(
            picture_with({{.kind = RungKind::syn, .text = "SYN"}, {.at = ms(1), .kind = RungKind::rst, .text = "RST"}}),
            "x") == "");
}

// The 450 between x = 56 and 506 are the 10 ms.
TEST_CASE("states over time are to scale") {
  const std::string svg = timeline_svg(picture_with({{.kind = RungKind::syn, .text = "SYN"},
                                                     state(1, Side::client, TcpState::established),
                                                     state(5, Side::client, TcpState::closed),
                                                     state(5, Side::server, TcpState::last_ack),
                                                     state(10, Side::server, TcpState::closed)}),
                                       "x");
  CHECK(has(svg, R"(<rect class="ESTABLISHED" x="101.00" y="8" width="180.00" height="26"/>)"));
  CHECK(has(svg, R"(<rect class="LAST_ACK" x="281.00" y="42" width="225.00" height="26"/>)"));
  CHECK(has(svg, "<title>client: ESTABLISHED from 1.000 to 5.000 ms</title>"));
  CHECK(has(svg, "<title>server: left in CLOSED</title>"));
  CHECK(has(svg, ">2</text>"));
}

}  // namespace
}  // namespace closelab::lab
