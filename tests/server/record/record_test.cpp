#include "closelab/record.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <sstream>

namespace closelab {
namespace {

using namespace std::chrono_literals;

Endpoint loopback(std::uint16_t port) {
  return {.family = AddressFamily::ipv4, .port = port, .address = {127, 0, 0, 1}};
}

/// A connection that the server closed after `Connection: close`.
ConnectionRecord server_closed() {
  return {
      .id = 3,
      .phase = Phase::settled,
      .server = loopback(8080),
      .client = loopback(53122),
      .request_count = 1,
      .requests = {{.number = 1,
                    .method = "GET",
                    .target = "/",
                    .status = 200,
                    .persistence = {Persistence::Decision::close, CloseReason::request_close},
                    .received_at = 213us,
                    .answered_at = 301us,
                    .response_body_bytes = 412}},
      .close_reason = CloseReason::request_close,
      .verdict = {Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server, Source::sock_diag},
      .evidence = {{.at = 0us},
                   {.at = 310us,
                    .source = Source::tcp_info,
                    .fact = Fact::sampled,
                    .moment = SampleMoment::before_fin,
                    .state = TcpState::established},
                   {.at = 315us, .fact = Fact::sent_fin},
                   {.at = 450us, .fact = Fact::received_fin},
                   {.at = 452us, .fact = Fact::closed},
                   {.at = 1ms, .source = Source::sock_diag, .fact = Fact::own_socket, .state = TcpState::fin_wait_1},
                   {.at = 60ms, .source = Source::sock_diag, .fact = Fact::own_socket, .state = TcpState::fin_wait_1},
                   {.at = 61ms,
                    .source = Source::sock_diag,
                    .fact = Fact::own_socket,
                    .state = TcpState::time_wait,
                    .duration = 59998ms},
                   {.at = 61ms, .source = Source::sock_diag, .fact = Fact::peer_socket, .state = TcpState::closed}},
  };
}

/// The ladder's lines without their lifelines' dashes and runs of spaces, which are drawing.
std::string plain(const std::string& ladder) {
  std::string out;
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    if (ladder.compare(i, 3, "─") == 0) {
      if (out.back() != '-') out += '-';
      i += 2;
    } else if (ladder.compare(i, 3, "│") == 0) {
      out += '|';
      i += 2;
    } else if (ladder[i] != ' ' || (out.back() != ' ' && out.back() != '\n')) {
      out += ladder[i];
    }
  }
  return out;
}

std::size_t columns(std::string_view line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

void check_width(const std::string& ladder) {
  std::istringstream lines(ladder);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(columns(line) <= 100);
  }
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("the ladder shows requests and evidence in time order with their sources") {
  const std::string drawn = ladder(server_closed());
  CHECK(plain(drawn) ==
        " ms server 127.0.0.1:8080 client 127.0.0.1:53122 known by\n"
        "0.000 |<- connects -| syscall\n"
        "0.213 |<- GET / HTTP/1.1 -| syscall\n"
        "0.301 |- 200 OK, 412 bytes, Connection: close ->| syscall\n"
        "0.315 |- FIN ->| syscall\n"
        "0.450 |<- FIN -| syscall\n"
        "0.452 | close() | syscall\n"
        "1.000 | FIN_WAIT_1, still at 60.000 | sock_diag\n"
        "61.000 | TIME_WAIT, 59.9 s left | sock_diag\n"
        "61.000 | CLOSED | sock_diag\n");
  check_width(drawn);
}

TEST_CASE("resets are arrows of the side that sent them") {
  struct Case {
    Evidence evidence;
    const char* drawn;
  };
  const Case cases[] = {
      {{.fact = Fact::aborted}, "|- RST: close() with SO_LINGER{1,0} ->|"},
      {{.fact = Fact::closed, .unread = 12}, "|- RST: close() with 12 bytes unread ->|"},
      {{.fact = Fact::receive_failed, .error = ECONNRESET}, "|<- RST: recv() failed with ECONNRESET -|"},
      {{.fact = Fact::pending_error, .error = EPIPE}, "|<- RST: SO_ERROR is EPIPE -|"},
      {{.fact = Fact::receive_failed, .error = ETIMEDOUT}, "| recv() failed: ETIMEDOUT"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.drawn);
    ConnectionRecord record = server_closed();
    record.evidence = {c.evidence};
    CHECK(contains(plain(ladder(record)), c.drawn));
  }
}

TEST_CASE("every fact has a line, within 100 columns") {
  for (int fact = 0; fact <= static_cast<int>(Fact::not_observed); ++fact) {
    ConnectionRecord record = server_closed();
    record.requests.clear();
    record.evidence = {{.at = 123456789us,
                        .source = Source::sock_diag,
                        .fact = static_cast<Fact>(fact),
                        .moment = SampleMoment::before_close,
                        .state = TcpState::established,
                        .error = EAFNOSUPPORT,
                        .unread = 4294967295U,
                        .unacked = 4294967295U,
                        .unsent = 4294967295U,
                        .duration = 123456ms}};
    const std::string drawn = ladder(record);
    CAPTURE(drawn);
    CHECK(contains(drawn, "123456.789"));
    CHECK(contains(drawn, "sock_diag"));
    check_width(drawn);
  }
}

TEST_CASE("a TIME_WAIT that was not seen is drawn as inferred") {
  ConnectionRecord record = server_closed();
  record.evidence = {{.at = 1ms, .fact = Fact::received_fin}};
  record.verdict = {Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client, Source::inferred};
  CHECK(plain(ladder(record)).ends_with("1.000 | TIME_WAIT | inferred\n"));
  record.verdict.time_wait = TimeWait::both;
  CHECK(plain(ladder(record)).ends_with("1.000 | TIME_WAIT | inferred\n1.000 | TIME_WAIT | inferred\n"));
}

TEST_CASE("long and hostile targets are shortened and escaped") {
  ConnectionRecord record = server_closed();
  record.requests[0].target = "/\x1b[2J" + std::string(124, 'x');
  const std::string drawn = ladder(record);
  CHECK(contains(drawn, "GET /\\x1b[2Jxxxx"));
  CHECK(contains(drawn, "... "));
  check_width(drawn);
}

TEST_CASE("IPv6 endpoints that don't fit one line get two") {
  ConnectionRecord record = server_closed();
  record.server = {.family = AddressFamily::ipv6, .port = 65535};
  record.server.address.fill(0xfd);
  record.client = record.server;
  const std::string drawn = ladder(record);
  CHECK(contains(drawn, "server [fdfd:"));
  CHECK(contains(drawn, "client [fdfd:"));
  check_width(drawn);
}

TEST_CASE("requests that were never answered, cut short, refused or forgotten say so") {
  ConnectionRecord record = server_closed();
  record.request_count = 5;
  record.requests[0].status = 0;
  CHECK(contains(ladder(record), "4 earlier requests not shown"));
  CHECK(contains(ladder(record), "request 1 was never answered"));
  record.requests[0].status = 200;
  record.requests[0].answered_at = 0ns;
  CHECK(contains(ladder(record), "200 OK, 412 bytes, not sent to its end"));
  record.requests[0].method = "";
  CHECK(contains(ladder(record), "a request that was refused"));
}

TEST_CASE("the description says who, how and why in one sentence") {
  ConnectionRecord record = server_closed();
  CHECK(describe(record) == "connection 3: the server closed first, by FIN, because " +
                                std::string(describe(CloseReason::request_close)) + "; TIME_WAIT: server");
  record.verdict.closed_first = Side::client;
  record.close_reason = CloseReason::peer_closed;
  CHECK(describe(record) == "connection 3: the client closed first, by FIN; TIME_WAIT: server");
  record.phase = Phase::idle;
  CHECK(describe(record) == "connection 3: idle, 1 request");
}

TEST_CASE("a record prints as its description and its ladder") {
  const ConnectionRecord record = server_closed();
  std::ostringstream out;
  out << record;
  CHECK(out.str() == describe(record) + "\n" + ladder(record));
}

TEST_CASE("rules that acted stand at the server's line, in time order, known by nobody's report") {
  ConnectionRecord record = server_closed();
  record.rules_fired = {{.at = 250us, .rule_id = 2, .request_number = 1, .text = "close abortive at response_body:100"},
                        {.at = 260us, .rule_id = 0, .request_number = 1, .text = "stall at after_response"}};
  const std::string drawn = plain(ladder(record));
  CAPTURE(drawn);
  const std::size_t rule = drawn.find("0.250 | rule 2: close abortive at response_body:100 |");
  CHECK(rule != std::string::npos);
  CHECK(drawn.find("0.260 | rule of request 1: stall at after_response |") != std::string::npos);
  CHECK(drawn.find("GET / HTTP/1.1") < rule);
  CHECK(rule < drawn.find("200 OK"));
  check_width(ladder(record));
}

TEST_CASE("phases have names") {
  CHECK(to_string(Phase::idle) == "idle");
  CHECK(to_string(Phase::settled) == "settled");
}

}  // namespace
}  // namespace closelab
