// What a failed assertion shows of each public type.

#include <doctest/doctest.h>

#include <sstream>

#include "closelab/server.h"

namespace closelab {
namespace {

using namespace std::chrono_literals;

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  out << value;
  using doctest::toString;
  CHECK(std::string(toString(value).c_str()) == out.str());
  return out.str();
}

TEST_CASE("enumerators print by name") {
  CHECK(printed(Switch::on) == "on");
  CHECK(printed(Switch::off) == "off");
  CHECK(printed(AddressFamily::ipv6) == "ipv6");
  CHECK(printed(TcpState::time_wait) == "TIME_WAIT");
  CHECK(printed(CloseMode::deferred) == "deferred");
  CHECK(printed(LingeringWhen::unread) == "unread");
  CHECK(printed(ClientHalfClose::answer) == "answer");
  CHECK(printed(KeepAliveWhen::needed) == "needed");
  CHECK(printed(KeepAliveWhen::always) == "always");
  CHECK(printed(ClientHalfClose::abort) == "abort");
  CHECK(printed(Source::sock_diag) == "sock_diag");
  CHECK(to_string(Fact(fact::SentFin{})) == "sent_fin");
  CHECK(printed(SampleMoment::after_fin) == "after_fin");
  CHECK(printed(Side::both) == "both");
  CHECK(printed(ClosedBy::rst) == "rst");
  CHECK(printed(ResetBy::client) == "client");
  CHECK(printed(TimeWait::none) == "none");
  CHECK(printed(Version::http_1_0) == "HTTP/1.0");
  CHECK(printed(CloseReason::idle_timeout) == "idle_timeout");
  CHECK(printed(Persistence::Decision::keep) == "keep");
  CHECK(printed(Phase::active) == "active");
  CHECK(printed(Retry::not_needed) == "not_needed");
  CHECK(printed(Retry::safe) == "safe");
  CHECK(printed(Retry::if_idempotent) == "if_idempotent");
  CHECK(printed(At::next_request) == "next_request");
}

TEST_CASE("values print as they are written elsewhere") {
  CHECK(printed(Endpoint{.family = AddressFamily::ipv4, .port = 80, .address = {127, 0, 0, 1}}) == "127.0.0.1:80");
  CHECK(printed(Endpoint{}) == "-");
  CHECK(printed(Evidence{.at = 450us, .fact = fact::ReceivedFin{}}) ==
        "at 0.45 ms: recv() returned 0: the client's FIN (syscall)");
  CHECK(printed(Persistence{Persistence::Decision::close, CloseReason::http_1_0}) == "close (http_1_0)");
  CHECK(printed(Trigger{.at = At::response_body, .bytes = 3}) == "response_body:3");
  CHECK(printed(Action(CloseAction{CloseMode::abortive})) == "close abortive");
  CHECK(printed(Action(StallAction{})) == "stall");
  using Timeout = Advertised<std::chrono::milliseconds>;
  CHECK(printed(Timeout{}) == "enforced");
  CHECK(printed(Timeout{Timeout::Kind::off, {}}) == "off");
  CHECK(printed(Timeout{Timeout::Kind::fixed, 60s}) == "1m");
  CHECK(printed(KeepAliveHints{{Timeout::Kind::offset, -1s}, {Advertised<std::int64_t>::Kind::offset, 3}}) ==
        "timeout -1s, max +3");
  CHECK(printed(KeepAliveHints{.when = KeepAliveWhen::asked}) == "timeout enforced, max enforced, when asked");
}

TEST_CASE("a request's record reads as a sentence") {
  RequestRecord request{.connection_id = 3,
                        .number = 2,
                        .method = "GET",
                        .target = "/\x1b",
                        .status = 200,
                        .persistence = {Persistence::Decision::close, CloseReason::request_close},
                        .received_at = 1ms,
                        .answered_at = 2ms,
                        .response_body_bytes = 1};
  CHECK(printed(request) ==
        "request 2 of connection 3: GET /\\x1b HTTP/1.1, answered 200 with 1 byte; close (request_close)");
  request.answered_at = 0ns;
  CHECK(printed(request) ==
        "request 2 of connection 3: GET /\\x1b HTTP/1.1, cut short: 200 with 1 byte; close (request_close)");
  request.status = 0;
  request.persistence = {};
  CHECK(printed(request) == "request 2 of connection 3: GET /\\x1b HTTP/1.1, never answered");
  RequestRecord refused = request;
  refused.method.clear();
  CHECK(printed(refused) == "request 2 of connection 3: refused, never answered");
}

TEST_CASE("a server's counts and its stop read as sentences") {
  CHECK(printed(Counts{.accepted = 3, .reused = 2, .requests = 5, .idle = 1, .settled = 2}) ==
        "5 requests on 3 connections (2 reused); open: 1 idle, 0 active, 0 closing; 2 settled");
  CHECK(printed(Counts{.accepted = 1, .requests = 1}) ==
        "1 request on 1 connection (0 reused); open: 0 idle, 0 active, 0 closing; 0 settled");
  StopReport report{.held_up = {}, .unused_rules = {}, .duration = 12ms};
  CHECK(printed(report) == "stopped in 12 ms");
  report.unused_rules = {{.id = 2, .rule = at(At::accept).stall()}};
  CHECK(printed(report) == "stopped in 12 ms\nrule 2 never acted: stall at accept");
  report.unused_rules.clear();
  report.held_up.emplace_back().id = 7;
  CHECK(printed(report).starts_with("stopped in 12 ms, held up by 1 connection\nconnection 7: idle, 0 requests\n"));
}

}  // namespace
}  // namespace closelab
