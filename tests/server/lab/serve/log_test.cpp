#include "server/lab/serve/log.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

ConnectionRecord record(Side closed_first, TimeWait time_wait, Source source) {
  ConnectionRecord r;
  r.id = 3;
  r.phase = Phase::settled;
  r.server = {.family = AddressFamily::ipv4, .port = 8080, .address = {127, 0, 0, 1}};
  r.client = {.family = AddressFamily::ipv4, .port = 53122, .address = {127, 0, 0, 1}};
  r.request_count = 1;
  r.requests = {{.number = 1,
                 .method = "GET",
                 .target = "/\x1b[2J\xff",
                 .status = 200,
                 .persistence = {},
                 .received_at = 1ms,
                 .answered_at = 2500us}};
  r.close_reason = CloseReason::request_close;
  r.verdict = {closed_first, ClosedBy::fin, ResetBy::none,
               time_wait,    source,        std::chrono::steady_clock::now() + 59'900ms};
  r.evidence = {
      {.at = 3ms, .fact = fact::SentFin{}},
      {.at = 4ms, .source = Source::sock_diag, .fact = fact::OwnSocket{.state = TcpState::time_wait, .timer = 60s}}};
  return r;
}

std::unique_ptr<Log> plain_log() {
  return text_log([] { return TextLayout{}; });
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("the text log names the holder of TIME_WAIT, its own endpoint first") {
  struct Case {
    Side side;
    TimeWait time_wait;
    Source source;
    const char* text;
  };
  const Case cases[] = {
      {Side::server, TimeWait::server, Source::sock_diag, "TIME_WAIT  server: 127.0.0.1:8080 -> 127.0.0.1:53122, 59."},
      {Side::client, TimeWait::client, Source::sock_diag, "TIME_WAIT  client: 127.0.0.1:53122 -> 127.0.0.1:8080, 59."},
      {Side::both, TimeWait::both, Source::sock_diag,
       "TIME_WAIT  both: 127.0.0.1:8080 -> 127.0.0.1:53122 and 127.0.0.1:53122 -> 127.0.0.1:8080, 59."},
      {Side::client, TimeWait::client, Source::inferred, " s left (inferred)"},
      {Side::undetermined, TimeWait::unknown, Source::inferred, "TIME_WAIT  unknown"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string text = plain_log()->settled(record(c.side, c.time_wait, c.source));
    CAPTURE(text);
    CHECK(contains(text, c.text));
  }
}

TEST_CASE("the text log tells who closed and why, with the ladder below") {
  const std::string text = plain_log()->settled(record(Side::server, TimeWait::server, Source::sock_diag));
  CHECK(contains(text, "connection 3 ended: the server closed first, by FIN\n"));
  CHECK(contains(text, "because    " + std::string(describe(CloseReason::request_close)) + "\n"));
  CHECK(contains(text, ladder(record(Side::server, TimeWait::server, Source::sock_diag))));
}

TEST_CASE("the prose of a verdict fits its columns, in color as well") {
  ConnectionRecord r = record(Side::undetermined, TimeWait::unknown, Source::inferred);
  r.retry = Retry::if_idempotent;
  const auto narrow = [&r](TextStyle style) {
    return text_log([style] { return TextLayout{.columns = 40, .style = style, .line_columns = 40}; })->settled(r);
  };
  const std::string plain = narrow(TextStyle::plain);
  std::istringstream lines(plain);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(server::columns_of(line) <= 40);
  }
  CHECK(contains(plain, "\n              retry      only an\n                         idempotent\n"));
  CHECK(std::regex_replace(narrow(TextStyle::colored), std::regex("\x1b\\[[0-9]*m"), "") == plain);
}

TEST_CASE("only the colored log has escapes, and a target adds none") {
  const ConnectionRecord r = record(Side::server, TimeWait::server, Source::sock_diag);
  const auto plain = plain_log();
  CHECK_FALSE(contains(plain->settled(r), "\x1b"));
  CHECK_FALSE(contains(plain->request(r, r.requests[0]), "\x1b"));
  CHECK(contains(plain->request(r, r.requests[0]),
                 "connection 3, request 1: GET /\\x1b[2J\\xff HTTP/1.1  200 OK  0 bytes  1.500 ms  keep"));
  CHECK(contains(text_log([] { return TextLayout{.style = TextStyle::colored}; })->settled(r), "\x1b[36m"));
}

TEST_CASE("the text log's summary counts endings and names who held it up") {
  Stopped stopped{.signal = "SIGINT", .counts = {.accepted = 2, .reused = 1, .requests = 3}};
  const ConnectionRecord r = record(Side::server, TimeWait::server, Source::sock_diag);
  stopped.endings.add(r.verdict);
  stopped.report.held_up = {r};
  const std::string text = plain_log()->stopped(stopped);
  CHECK(contains(text, "stopped by SIGINT in 0.00 s: 2 connections, 3 requests (1 on a reused connection)\n"));
  CHECK(contains(text, "server               1       0        0             0\n"));
  CHECK_FALSE(contains(text, "client "));
  CHECK(contains(text, "held up by connection 3 from 127.0.0.1:53122: GET "));
}

TEST_CASE("the text log tells of rules: the seed, the end by one, and those that never acted") {
  const auto log = plain_log();
  CHECK_FALSE(contains(log->listening({"http://h/", {}, 42}), "rule"));
  CHECK(contains(log->listening({.url = "http://h/", .endpoint = {}, .pid = 42, .rule_seed = 7}), "--rule-seed 7\n"));

  ConnectionRecord r = record(Side::server, TimeWait::none, Source::sock_diag);
  r.close_reason = CloseReason::rule;
  r.close_mode = CloseMode::abortive;
  r.retry = Retry::safe;
  r.rules_fired = {{.at = 1ms, .rule_id = 1, .request_number = 1, .text = "delay 1s at request_headers"},
                   {.at = 2ms, .rule_id = 2, .request_number = 1, .text = "close abortive at next_request"}};
  const std::string rule = "a rule ended it (rule 2: close abortive at next_request)";
  CHECK(contains(log->closing(r, {}), "connection 3: the server closes: " + rule + "\n"));
  const std::string settled = log->settled(r);
  CHECK(contains(settled, "because    " + rule + "; close mode abortive\n"));
  CHECK(contains(settled, "retry      safe: no handler got the request that came after the last one\n"));
  r.retry = Retry::if_idempotent;
  CHECK(contains(log->settled(r), "retry      only an idempotent request: a handler got it"));
  CHECK(contains(settled, " rule 1: delay 1s at request_headers "));
  r.close_reason = CloseReason::command;
  CHECK(contains(log->closing(r, {}), "the server closes: " + std::string(describe(CloseReason::command)) + "\n"));
  r.close_reason = CloseReason::request_close;
  CHECK(log->closing(r, {}) == "");

  Stopped stopped;
  stopped.report.unused_rules = {{.id = 2, .rule = at(At::accept).stall().on_connection(9)}};
  CHECK(contains(log->stopped(stopped), "  rule 2 never acted: stall at accept, connection 9\n"));
}

TEST_CASE("what was not shown, because nobody read it, is counted") {
  CHECK(plain_log()->dropped(3) == "closelab: 3 events not shown: the output was read too slowly\n");
  CHECK(json::parse(json_log()->dropped(3)) == json{{"event", "dropped"}, {"events", 3}});
}

TEST_CASE("the JSON log is one object a line with the vocabulary's keys") {
  const ConnectionRecord r = record(Side::server, TimeWait::server, Source::sock_diag);
  const auto log = json_log();

  const std::string line = log->settled(r);
  CHECK(line.find('\n') == line.size() - 1);
  const json settled = json::parse(line);
  CHECK(settled["event"] == "settled");
  const json& connection = settled["connection"];
  CHECK(connection["id"] == 3);
  CHECK(connection["server"] == "127.0.0.1:8080");
  CHECK(connection["close_reason"] == "request_close");
  CHECK(connection["verdict"]["closed_first"] == "server");
  CHECK(connection["verdict"]["closed_by"] == "fin");
  CHECK(connection["verdict"]["time_wait"] == "server");
  CHECK(connection["verdict"]["time_wait_remaining_ms"] > 59'000);
  CHECK(connection["evidence"][1]["state"] == "TIME_WAIT");
  CHECK(connection["evidence"][1]["duration_ms"] == 60'000);
  CHECK(connection["evidence"][1]["source"] == "sock_diag");
  CHECK(connection["requests"][0]["answered_at_ms"] == 2.5);

  const json request = json::parse(log->request(r, r.requests[0]));
  CHECK(request["event"] == "request");
  CHECK(request["connection_id"] == 3);
  CHECK(request["request"]["status"] == 200);

  const json listening = json::parse(log->listening({"http://127.0.0.1:8080/", r.server, 42}));
  CHECK(listening["url"] == "http://127.0.0.1:8080/");
  CHECK(listening["address"] == "127.0.0.1");
  CHECK(listening["port"] == 8080);
  CHECK(listening["pid"] == 42);
  CHECK_FALSE(listening.contains("rule_seed"));
  CHECK_FALSE(listening.contains("admin_url"));
  CHECK(json::parse(log->listening({.url = "", .endpoint = {}, .admin_url = "http://a/"}))["admin_url"] == "http://a/");
  CHECK(json::parse(log->listening({.url = "", .endpoint = {}, .rule_seed = ~std::uint64_t{0}}))["rule_seed"] ==
        ~std::uint64_t{0});

  Stopped stopped{.signal = "SIGTERM"};
  stopped.endings.add(r.verdict);
  const json end = json::parse(log->stopped(stopped));
  CHECK(end["closed_first"]["server"]["fin"] == 1);
  CHECK(end["held_up"].empty());
  CHECK(end["unused_rules"].empty());

  stopped.report.unused_rules = {{.id = 2, .rule = at(At::accept).stall()}};
  const json unused = json::parse(log->stopped(stopped))["unused_rules"];
  CHECK(unused[0]["id"] == 2);
  CHECK(unused[0]["text"] == "stall at accept");
}

}  // namespace
}  // namespace closelab::lab
