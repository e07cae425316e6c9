#include "server/rules/rule_text.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a line is a rule, whatever the order of its keys") {
  struct Case {
    const char* line;
    Rule rule;
  };
  const Case cases[] = {
      {"at=response_body:100,close=abortive,connection=1",
       at_response_body(100).close(CloseMode::abortive).on_connection(1)},
      {"connection=1,close=abortive,at=response_body:100",
       at_response_body(100).close(CloseMode::abortive).on_connection(1)},
      {"at=accept,close=immediate", at(At::accept).close(CloseMode::immediate)},
      {"at=request_headers,delay=200ms", at(At::request_headers).delay(200ms)},
      {"at=request_body:1KiB,stall=on", at_request_body(1024).stall()},
      {"at=before_response,stall=true,request=2", at(At::before_response).stall().on_request(2)},
      {"at=response_headers,truncate=on", at(At::response_headers).truncate()},
      {"at=response_body:0,slow=10/100ms", at_response_body(0).slow(10, 100ms)},
      {"at=after_response,close=deferred,path=/a=b*",
       at(At::after_response).close(CloseMode::deferred).on_path("/a=b*")},
      {"at=idle:2s,close=lingering,times=3", at_idle(2s).close().at_most(3)},
      {"at=next_request,close=abortive,probability=0.5",
       at(At::next_request).close(CloseMode::abortive).with_probability(0.5)},
      {"close=half", at(At::after_response).close(CloseMode::half)},
      {"delay=1s", at(At::before_response).delay(1s)},
      {"stall=on", at(At::before_response).stall()},
      {"truncate=on", at(At::response_headers).truncate()},
      {"slow=1KiB/1s", at(At::response_headers).slow(1024, 1s)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    const ParsedRule parsed = parse_rule(std::string_view(c.line));
    CHECK(parsed.error == "");
    CHECK(parsed.value == c.rule);
  }
}

TEST_CASE("what is no rule is refused with the key and what is allowed, at its entry") {
  struct Case {
    RuleEntries entries;
    std::optional<std::size_t> entry;
    const char* error;
  };
  constexpr const char* moments =
      "accept, request_headers, expect, request_body:N, before_response, response_headers, response_body:N, "
      "response_wire:N, after_response, idle:DURATION, next_request";
  const std::string no_moment = std::string("at: \"later\" is none of ") + moments;
  const std::string no_mode = "close: \"gently\" is none of " + std::string(close_mode_names());
  const std::string no_key = "unknown rule key \"zzzzzzzz\"; the keys are " + rule_key_names();
  const Case cases[] = {
      {{},
       {},
       "a rule has exactly one of close, delay, stall, truncate, slow, answer, send, send_file, interim, expect, "
       "announce, and this one has none"},
      {{{"at", "accept"}},
       {},
       "a rule has exactly one of close, delay, stall, truncate, slow, answer, send, send_file, interim, expect, "
       "announce, and this one has none"},
      {{{"close", "abortive"}, {"delay", "1s"}},
       {},
       "a rule has exactly one of close, delay, stall, truncate, slow, answer, send, send_file, interim, expect, "
       "announce, and this one has close and delay"},
      {{{"close", "abortive"}, {"close", "abortive"}}, 1, "\"close\" is given twice"},
      {{{"close", "abortive"}, {"tims", "1"}}, 1, "unknown rule key \"tims\"; did you mean \"times\"?"},
      {{{"zzzzzzzz", "1"}}, 0, no_key.c_str()},
      {{{"close", "gently"}}, 0, no_mode.c_str()},
      {{{"at", "later"}}, 0, no_moment.c_str()},
      {{{"at", "accept:1"}}, 0, "at: \"accept:1\" must be written accept"},
      {{{"at", "accept:"}}, 0, "at: \"accept:\" must be written accept"},
      {{{"at", "response_body"}}, 0, "at: \"response_body\" must be written response_body:N"},
      {{{"at", "idle"}}, 0, "at: \"idle\" must be written idle:DURATION"},
      {{{"at", "request_body:x"}}, 0, "at: \"x\" is not a number; it is written request_body:N"},
      {{{"at", "request_body:"}}, 0, "at: nothing is given where a number belongs; it is written request_body:N"},
      {{{"at", "idle:5"}}, 0, "at: \"5\" has no unit; write 5s for seconds or 5ms; it is written idle:DURATION"},
      {{{"at", "idle:0s"}, {"close", "half"}}, 0, "\"at\" idle: its time must be more than 0ms"},
      {{{"delay", "2"}}, 0, "delay: \"2\" has no unit; write 2s for seconds or 2ms"},
      {{{"delay", "0s"}}, 0, "\"delay\" must be more than 0ms"},
      {{{"stall", "off"}}, 0, "stall: takes on alone (true in TOML and JSON); leave the key out for off"},
      {{{"slow", "10"}}, 0, "slow: \"10\" has no \"/\"; it is written SIZE/DURATION, such as 10/100ms"},
      {{{"slow", "x/1s"}}, 0, "slow: \"x\" is not a number; it is written SIZE/DURATION, such as 10/100ms"},
      {{{"slow", "1/1"}},
       0,
       "slow: \"1\" has no unit; write 1s for seconds or 1ms; it is written SIZE/DURATION, such as 10/100ms"},
      {{{"slow", "0/1s"}}, 0, "\"slow\" its bytes must be more than 0"},
      {{{"connection", "first"}}, 0, "connection: \"first\" is not a number"},
      {{{"stall", "on"}, {"request", "0"}}, 1, "\"request\" must be at least 1: requests are counted from 1"},
      {{{"stall", "on"}, {"request", "1"}, {"at", "accept"}},
       1,
       "\"request\" makes no sense at accept: no request has come yet"},
      {{{"stall", "on"}, {"path", "echo"}}, 1, "\"path\" must begin with \"/\", and \"echo\" does not"},
      {{{"path", ""}}, 0, "path: nothing is given where a path belongs"},
      {{{"stall", "on"}, {"times", "0"}}, 1, "\"times\" must be at least 1"},
      {{{"probability", "often"}}, 0, "probability: \"often\" is not a number"},
      {{{"probability", "1.5"}}, 0, "probability: \"1.5\" is not a number from 0 to 1"},
      {{{"answer", "99"}}, 0, "\"answer\" must be from 200 to 999; interim sends what is below"},
      {{{"at", "response_headers"}, {"answer", "200"}},
       1,
       "\"answer\" makes no sense at response_headers: a response is under way; send puts bytes into it"},
      {{{"body", "x"}, {"close", "half"}}, 0, "body: goes with answer alone"},
      {{{"answer", "200"}, {"body", "a\\q"}}, 1, "body: byte 1: a backslash begins \\r, \\n, \\t, \\\\ or \\xNN"},
      {{{"answer", "200"}, {"version", "2"}}, 1, "version: \"2\" is none of 1.0, 1.1"},
      {{{"answer", "200"}, {"framing", "x"}}, 1, "framing: \"x\" is none of length, chunked, close, none"},
      {{{"answer", "200"}, {"framing", "none"}, {"length", "1"}},
       2,
       "\"length\" goes with the framing \"length\" alone"},
      {{{"answer", "200"}, {"trailers", "x"}}, 1, "\"trailers\" goes with the framing \"chunked\" alone"},
      {{{"answer", "200"}, {"read_body", "off"}},
       1,
       "\"read_body\" off goes with request_headers, expect and request_body:N alone"},
      {{{"send", ""}}, 0, "\"send\" must have at least one byte"},
      {{{"send_file", "/no/such/file"}}, 0, "send_file: \"/no/such/file\" can't be read, or is empty"},
      {{{"interim", "101"}}, 0, "\"interim\" must be from 100 to 199, and not 101, after which no HTTP follows"},
      {{{"interim", "103"}, {"count", "0"}}, 1, "\"count\" must be from 1 to 10000"},
      {{{"count", "2"}, {"answer", "200"}}, 0, "count: goes with interim alone"},
      {{{"expect", "soon"}}, 0, "expect: \"soon\" is none of continue, never, late:DURATION, twice, final:STATUS"},
      {{{"expect", "never"}, {"at", "accept"}}, 0, "\"expect\" makes no sense at accept: it goes with expect alone"},
      {{{"expect", "late:0s"}}, 0, "\"expect\" late: its time must be more than 0ms and at most 24h"},
      {{{"announce", "a\r\nb"}}, 0, "\"announce\" must be none, close or another text of one line"},
      {{{"announce", "none"}, {"at", "after_response"}},
       0,
       "\"announce\" makes no sense at after_response: the response's head has been sent"},
      {{{"announce", "none"}, {"close", "half"}, {"at", "accept"}},
       0,
       "\"announce\" makes no sense at accept: no response comes before this close"},
      {{{"truncate", "on"}, {"at", "response_wire:1"}},
       0,
       "\"truncate\" makes no sense at response_wire: close leaves unsent what has not been sent"},
      {{{"close", "half"}, {"method", "GET"}, {"at", "accept"}},
       1,
       "\"method\" makes no sense at accept: no request has come yet"},
      {{{"close", "half"}, {"idle_at_least", "1s"}},
       1,
       "\"idle_at_least\" makes no sense at after_response: it goes with next_request alone"},
      {{{"probability", "nan"}}, 0, "probability: \"nan\" is not a number from 0 to 1"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.error);
    const ParsedRule parsed = parse_rule(c.entries);
    CHECK(parsed.error == c.error);
    CHECK(parsed.entry == c.entry);
  }
  CHECK(parse_rule("close").error == "\"close\" has no \"=\"; write key=value,key=value...");
  CHECK(parse_rule("close=half,,delay=1s").error == "\"\" has no \"=\"; write key=value,key=value...");
}

TEST_CASE("what is written reads back as the same rule") {
  const Rule cases[] = {
      {},
      at(At::accept).close(CloseMode::never).on_connection(7),
      at_request_body(123'456'789).delay(1501ms).on_request(2),
      at_response_body(1024).stall().on_path("/x*"),
      at(At::response_headers).truncate().once(),
      at_idle(90s).slow(4096, 5ms).at_most(9),
      at(At::next_request).close(CloseMode::deferred).with_probability(0.1),
      at(At::next_request).close(CloseMode::deferred).with_probability(1e-300).after_idle(2s).on_method("PUT"),
      at(At::request_headers)
          .answer({.status = 401,
                   .reason = "No",
                   .fields = "A: 1\r\nb:2",
                   .body = std::string("\0\\\x80,", 4),
                   .version = Version::http_1_0,
                   .length = 7,
                   .read_body = Switch::off,
                   .close = CloseMode::half,
                   .announce = "none"}),
      at(At::accept).answer({.framing = AnswerAction::Framing::chunked, .trailers = "X: 1"}),
      at(At::after_response).close(CloseMode::half).announce("keep-alive; timeout=5"),
      at_response_wire(17).send("\r\n\x01 a,b"),
      at_idle(1s).interim(103, "Link: </a>", 9),
      at(At::expect).expect({ExpectAction::Kind::late, 5ms}),
      at(At::expect).expect({ExpectAction::Kind::proceed}),
  };
  for (const Rule& rule : cases) {
    CAPTURE(describe(rule));
    const ParsedRule parsed = parse_rule(format_rule(rule));
    CHECK(parsed.error == "");
    CHECK(parsed.value == rule);
  }
}

TEST_CASE("what is unset is not written") {
  const RuleEntries expected{{"at", "after_response"}, {"close", "half"}};
  CHECK(format_rule(at(At::after_response).close(CloseMode::half)) == expected);
}

TEST_CASE("keys have a name, a form and a help each") {
  for (const RuleKey& key : rule_schema()) {
    CAPTURE(key.name);
    CHECK(std::ranges::count(rule_schema(), key.name, &RuleKey::name) == 1);
    CHECK_FALSE(key.placeholder.empty());
    CHECK_FALSE(key.help.empty());
  }
}

TEST_CASE("what a rule does is told without whom it concerns") {
  CHECK(describe_act(at_response_body(5).close(CloseMode::abortive).on_connection(1).once()) ==
        "close abortive at response_body:5");
  CHECK(describe_act(at_idle(2s).answer({.status = 408, .close = CloseMode::half})) ==
        "answer 408, close half at idle:2s");
  CHECK(describe_act(at(At::accept).send("\x16\x03")) == "send 2 bytes at accept");
  CHECK(describe_act(at(At::after_response).close().announce("none")) ==
        "close lingering, announce none at after_response");
  CHECK(describe_act(at(At::accept).stall()) == "stall at accept");
}

}  // namespace
}  // namespace closelab::server
