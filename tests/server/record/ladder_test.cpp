#include "server/record/ladder.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <sstream>

#include "server/text/printable.h"
#include "tests/server/record/a_record.h"
#include "tests/support/facts.h"

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

constexpr TextLayout ascii{.columns = 80, .charset = Charset::ascii};

void check_width(const std::string& ladder, std::size_t columns) {
  std::istringstream lines(ladder);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(columns_of(line) <= columns);
  }
}

TEST_CASE("a record's ladder in 80 columns") {
  CHECK(ladder(picture_of(server_closed()), ascii) ==
        R"(     ms  client 127.0.0.1:53122                 server 127.0.0.1:8080  known by
  0.000  |-- connects --------------------------------------------->|  syscall
  0.213  |-- GET / HTTP/1.1 --------------------------------------->|  syscall
  0.301  |<----------------- 200 OK, 412 bytes, Connection: close --|  syscall
  0.315  |<-------------------------------------------------- FIN --|  syscall
  0.450  |-- FIN -------------------------------------------------->|  syscall
  0.452  |                                                  close() |  syscall
  1.000  |                              FIN_WAIT_1, still at 60.000 |  sock_diag
 61.000  | CLOSED                            TIME_WAIT, 59.9 s left |  sock_diag
)");
}

TEST_CASE("in 40 columns labels take more lines, and the sources have none") {
  ConnectionRecord record = server_closed();
  record.verdict.time_wait_source = Source::inferred;
  CHECK(ladder(picture_of(record), {.columns = 40, .charset = Charset::ascii}) ==
        R"(        client 127.0.0.1:53122
     ms            server 127.0.0.1:8080
  0.000 |-- connects ----------------->|
  0.213 |-- GET / HTTP/1.1 ----------->|
  0.301 |<------- 200 OK, 412 bytes, --|
        |          Connection: close   |
  0.315 |<---------------------- FIN --|
  0.450 |-- FIN ---------------------->|
  0.452 |                      close() |
  1.000 |  FIN_WAIT_1, still at 60.000 |
 61.000 |       TIME_WAIT, 59.9 s left |
 61.000 | CLOSED                       |
 61.000 |         TIME_WAIT (inferred) |
)");
}

Picture of_packets() {
  Picture picture{.client = {.family = AddressFamily::ipv4, .port = 5000, .address = {192, 0, 2, 1}},
                  .server = {.family = AddressFamily::ipv4, .port = 9000, .address = {192, 0, 2, 2}}};
  picture.rungs = {
      {.kind = RungKind::call, .side = Side::client, .text = "close()"},
      {.at = 1ms,
       .kind = RungKind::fin,
       .side = Side::client,
       .text = "FIN, ACK",
       .transit = net::Transit::delivered,
       .arrived = 51ms},
      {.at = 51ms, .kind = RungKind::data, .text = "ACK of the FIN", .transit = net::Transit::lost},
      {.at = 52ms, .kind = RungKind::state, .side = Side::client, .text = "FIN_WAIT_1", .state = TcpState::fin_wait_1},
      {.at = 52ms, .kind = RungKind::state, .text = "CLOSE_WAIT", .state = TcpState::close_wait},
      {.at = 1052ms, .kind = RungKind::data, .text = "5 bytes, an old copy", .transit = net::Transit::repeated},
  };
  return picture;
}

TEST_CASE("packets: what is lost, when the others arrive, what comes out of nowhere") {
  CHECK(ladder(of_packets(), {.columns = 60}) ==
        R"(      ms  client 192.0.2.1:5000        server 192.0.2.2:9000
   0.000  │ close()                                        │
   1.000  │── FIN, ACK ────────────────── arrives 51.000 ─>│
  51.000  │ lost            X──────────── ACK of the FIN ──│
  52.000  │ FIN_WAIT_1                          CLOSE_WAIT │
1052.000  │<─────────────────────── 5 bytes, an old copy ··│
)");
}

TEST_CASE("no line is wider than asked for, whatever is in it") {
  std::vector<Fact> facts = test::every_fact();
  facts.push_back(fact::Sampled{.moment = SampleMoment::before_close,
                                .state = TcpState::established,
                                .unread = 4294967295U,
                                .unacked = 4294967295U,
                                .unsent = 4294967295U});
  facts.push_back(fact::ReceiveFailed{EAFNOSUPPORT});
  facts.push_back(fact::Closed{4294967295U, 123456ms});
  facts.push_back(fact::Segment{Sender::server, true, true, true, true, 4294967295U, 4294967295U, 4294967295U});
  for (const Fact& fact : facts) {
    ConnectionRecord record = server_closed();
    record.requests[0].target = "/\x1b[2J" + std::string(124, 'x');
    record.evidence = {{.at = 123456789us, .source = Source::sock_diag, .fact = fact}};
    for (const std::size_t columns : {40U, 59U, 60U, 80U, 120U}) {
      const std::string drawn = ladder(picture_of(record), {.columns = columns});
      CAPTURE(drawn);
      CHECK(drawn.find("123456.789") != std::string::npos);
      check_width(drawn, columns);
      check_width(ladder(of_packets(), {.columns = columns, .charset = Charset::ascii}), columns);
    }
  }
}

TEST_CASE("IPv6 endpoints that don't fit one line get two") {
  Picture picture = of_packets();
  picture.server = {.family = AddressFamily::ipv6, .port = 65535};
  picture.server.address.fill(0xfd);
  picture.client = picture.server;
  const std::string drawn = ladder(picture, {});
  CHECK(drawn.find("client [fdfd:") != std::string::npos);
  CHECK(drawn.find("server [fdfd:") != std::string::npos);
  check_width(drawn, 80);
}

TEST_CASE("colors are of what a step is, not of what its text says") {
  Picture picture = of_packets();
  picture.rungs = {{.kind = RungKind::request, .side = Side::client, .text = "GET /TIME_WAIT/FIN/RST HTTP/1.1"},
                   {.kind = RungKind::rst, .text = "goes away"}};
  const std::string drawn = ladder(picture, {.style = TextStyle::colored});
  CHECK(drawn.find("\x1b[31m") > drawn.find("HTTP/1.1"));
  CHECK(drawn.find("\x1b[31m") < drawn.find("goes away"));
}

TEST_CASE("no rungs, no ladder") { CHECK(ladder(Picture{}, {}) == ""); }

}  // namespace
}  // namespace closelab::server
