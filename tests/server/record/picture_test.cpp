#include "server/record/picture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "tests/server/record/a_record.h"

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

/// `fin client FIN`, with the source after it.
std::vector<std::string> lines(const ConnectionRecord& record) {
  std::vector<std::string> result;
  for (const Rung& rung : picture_of(record).rungs)
    result.push_back(std::string(to_string(rung.kind)) + ' ' + std::string(to_string(rung.side)) + ": " + rung.text +
                     (rung.source ? " (" + std::string(to_string(*rung.source)) + ')' : ""));
  return result;
}

bool has(const std::vector<std::string>& all, const std::string& line) {
  return std::ranges::find(all, line) != all.end();
}

using Lines = std::vector<std::string>;

TEST_CASE("requests and evidence in time order, with kinds, sides and sources") {
  CHECK(lines(server_closed()) ==
        Lines{"syn client: connects (syscall)", "request client: GET / HTTP/1.1 (syscall)",
              "response server: 200 OK, 412 bytes, Connection: close (syscall)", "fin server: FIN (syscall)",
              "fin client: FIN (syscall)", "call server: close() (syscall)", "state server: FIN_WAIT_1 (sock_diag)",
              "state server: TIME_WAIT, 59.9 s left (sock_diag)", "state client: CLOSED (sock_diag)"});
  const Picture picture = picture_of(server_closed());
  CHECK(picture.server.port == 8080);
  CHECK(picture.client.port == 53122);
  CHECK(picture.rungs[6].until == 60ms);
  CHECK_FALSE(picture.rungs[7].until);
}

TEST_CASE("a 100, and a body that something came before, are steps of their own") {
  ConnectionRecord record = server_closed();
  RequestRecord& request = record.requests.front();
  request.request_body_bytes = 4;
  request.body_received_at = request.received_at + 5us;
  const std::string body = "data client: the end of its body, 4 bytes (syscall)";
  CHECK_FALSE(has(lines(record), body));
  request.continued_at = request.received_at;
  CHECK(has(lines(record), "data server: 100 Continue (syscall)"));
  CHECK(has(lines(record), body));
  request.continued_at = 0ns;
  request.body_received_at = request.answered_at + 1us;
  CHECK(has(lines(record), body));
}

TEST_CASE("a client on this machine has a name") {
  ConnectionRecord record = server_closed();
  record.local_client = LocalClient{.uid = 7};
  CHECK(has(lines(record), "note client: a process of user 7 (sock_diag)"));
  record.local_client->processes = {Process{12, "a\x1b"}};
  CHECK(has(lines(record), "note client: a\\x1b (pid 12) (sock_diag)"));
  record.local_client->keepalive = 60s;
  CHECK(has(lines(record), "note client: a\\x1b (pid 12); its keepalive timer runs (sock_diag)"));
}

TEST_CASE("resets are of the side that sent them") {
  struct Row {
    Evidence evidence;
    const char* line;
  };
  const Row rows[] = {
      {{.fact = fact::Aborted{}}, "rst server: RST: close() with SO_LINGER{1,0} (syscall)"},
      {{.fact = fact::Aborted{.silent = true}},
       "call server: SO_LINGER{1,0} and close(): with both FINs under way the kernel drops the socket and sends "
       "nothing "
       "(syscall)"},
      {{.source = Source::capture, .fact = fact::Segment{.from = Sender::server, .rst = true}},
       "rst server: RST: answers a segment that found no socket (capture)"},
      {{.fact = fact::Closed{.unread = 12}}, "rst server: RST: close() with 12 bytes unread (syscall)"},
      {{.fact = fact::ReceiveFailed{.error = ECONNRESET}}, "rst client: RST: recv() failed with ECONNRESET (syscall)"},
      {{.fact = fact::PendingError{.error = EPIPE}}, "rst client: RST: SO_ERROR is EPIPE (syscall)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    ConnectionRecord record = server_closed();
    record.evidence = {row.evidence};
    CHECK(has(lines(record), row.line));
  }
}

TEST_CASE("a packet that was captured is drawn where it was, and once") {
  const auto segment = [](std::chrono::nanoseconds at, Sender from, bool fin, bool rst) {
    return Evidence{at, Source::capture, fact::Segment{.from = from, .fin = fin, .rst = rst, .ack = true}};
  };
  ConnectionRecord record = server_closed();
  record.requests.clear();
  record.evidence = {{.at = 1ms, .fact = fact::SentFin{}},
                     {.at = 3ms, .fact = fact::ReceivedFin{}},
                     {.at = 4ms, .fact = fact::PendingError{.error = EPIPE}},
                     segment(1ms, Sender::server, true, false),
                     segment(2ms, Sender::client, true, false),
                     segment(3ms, Sender::client, false, true)};
  CHECK(lines(record) == Lines{"note server: shutdown(SHUT_WR): our FIN (syscall)", "fin server: FIN, ACK (capture)",
                               "fin client: FIN, ACK (capture)",
                               "note server: recv() returned 0: the client's FIN (syscall)",
                               "rst client: RST, ACK (capture)",
                               "note server: SO_ERROR is EPIPE, the client's RST after its FIN (syscall)"});
}

TEST_CASE("the client's FIN stands before the first fact that shows it") {
  struct Row {
    const char* what;
    std::vector<Evidence> evidence;
    Lines lines;
  };
  const Evidence in_close_wait{
      .at = 1ms, .source = Source::tcp_info, .fact = fact::Sampled{.state = TcpState::close_wait}};
  const Evidence eof{.at = 2ms, .fact = fact::ReceivedFin{}};
  const Row rows[] = {
      {"recv() returned 0", {eof}, {"fin client: FIN (syscall)"}},
      {"the state said so before recv()",
       {in_close_wait, eof},
       {"fin client: FIN (tcp_info)", "state server: " + describe(in_close_wait) + " (tcp_info)",
        "note server: recv() returned 0: the client's FIN (syscall)"}},
      {"an RST that found the end in CLOSE_WAIT",
       {{.fact = fact::PendingError{.error = EPIPE}}},
       {"fin client: FIN (syscall)", "rst client: RST: SO_ERROR is EPIPE (syscall)"}},
      {"EOF after an error is none",
       {{.at = 1ms, .fact = fact::ReceiveFailed{.error = ECONNRESET}}, eof},
       {"rst client: RST: recv() failed with ECONNRESET (syscall)",
        "note server: recv() returned 0: the client's FIN (syscall)"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ConnectionRecord record = server_closed();
    record.requests.clear();
    record.request_count = 0;
    record.verdict = {};
    record.evidence = row.evidence;
    CHECK(lines(record) == row.lines);
  }
}

TEST_CASE("what the verdict concludes is drawn as inferred") {
  ConnectionRecord record = server_closed();
  record.evidence = {{.at = 1ms, .fact = fact::NotObserved{}}};
  record.verdict = {Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client, Source::inferred};
  CHECK(has(lines(record), "fin client: FIN (inferred)"));
  CHECK(lines(record).back() == "state client: TIME_WAIT (inferred)");
  record.verdict.time_wait = TimeWait::both;
  CHECK(has(lines(record), "state server: TIME_WAIT (inferred)"));
}

TEST_CASE("requests that were never answered, cut short, refused or forgotten say so") {
  ConnectionRecord record = server_closed();
  record.request_count = 5;
  record.requests[0].status = 0;
  CHECK(has(lines(record), "note client: 4 earlier requests not shown (syscall)"));
  CHECK(has(lines(record), "note server: request 1 was never answered (syscall)"));
  record.requests[0].status = 200;
  record.requests[0].answered_at = 0ns;
  CHECK(has(lines(record), "response server: 200 OK, 412 bytes, not sent to its end (syscall)"));
  record.requests[0].method = "";
  CHECK(has(lines(record), "request client: a request that was refused (syscall)"));
  record.close_reason = CloseReason::header_timeout;
  CHECK(has(lines(record), "note client: a request, whose head has not come (syscall)"));
}

TEST_CASE("rules stand at the server, in time order, known by nobody's report") {
  ConnectionRecord record = server_closed();
  record.rules_fired = {
      {.at = 250us, .rule_id = 2, .request_number = 1, .text = "close abortive at response_body:100"}};
  CHECK(lines(record)[2] == "rule server: rule 2: close abortive at response_body:100");
}

TEST_CASE("what a peer sent is printable") {
  ConnectionRecord record = server_closed();
  record.requests[0].target = "/\x1b[2J\xe2\x80\xae";
  CHECK(has(lines(record), "request client: GET /\\x1b[2J\\xe2\\x80\\xae HTTP/1.1 (syscall)"));
}

TEST_CASE("kinds have names") {
  for (int kind = 0; kind <= static_cast<int>(RungKind::note); ++kind)
    CHECK(rung_kind_named(to_string(static_cast<RungKind>(kind))) == static_cast<RungKind>(kind));
  CHECK(rung_kind_named("nonsense") == RungKind::note);
}

}  // namespace
}  // namespace closelab::server
