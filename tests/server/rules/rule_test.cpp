#include "closelab/rule.h"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>

namespace closelab {
namespace {

using namespace std::chrono_literals;

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST_CASE("the builder sets what it names") {
  const Rule rule =
      at_response_body(100).close(CloseMode::abortive).on_connection(1).on_request(2).on_path("/x").once();
  CHECK(rule.at == Trigger{.at = At::response_body, .bytes = 100});
  CHECK(rule.action == Action(CloseAction{CloseMode::abortive}));
  CHECK(rule.connection == 1);
  CHECK(rule.request == 2);
  CHECK(rule.path == "/x");
  CHECK(rule.times == 1);
  CHECK(at_request_body(5).at == Trigger{.at = At::request_body, .bytes = 5});
  CHECK(at_idle(2s).at == Trigger{.at = At::idle, .after = 2s});
  CHECK(at(At::next_request).close().action == Action(CloseAction{CloseMode::lingering}));
  CHECK(Rule{}.delay(1s).action == Action(DelayAction{1s}));
  CHECK(Rule{}.stall().action == Action(StallAction{}));
  CHECK(Rule{}.truncate().action == Action(TruncateAction{}));
  CHECK(Rule{}.slow(7, 3ms).action == Action(SlowAction{7, 3ms}));
  CHECK(Rule{}.at_most(3).times == 3);
  CHECK(Rule{}.with_probability(0.25).probability == 0.25);
}

TEST_CASE("a rule reads as a phrase") {
  struct Case {
    Rule rule;
    const char* text;
  };
  const Case cases[] = {
      {at_response_body(100).close(CloseMode::abortive).on_connection(1).once(),
       "close abortive at response_body:100, connection 1, once"},
      {at(At::accept).close(CloseMode::immediate), "close immediate at accept"},
      {at(At::request_headers).stall(), "stall at request_headers"},
      {at_request_body(0).delay(200ms), "delay 200ms at request_body:0"},
      {at(At::before_response).delay(90s).on_request(2), "delay 90s at before_response, request 2"},
      {at(At::response_headers).truncate().on_path("/a*"), "truncate at response_headers, path /a*"},
      {at_response_body(1).slow(10, 100ms).at_most(3), "slow 10/100ms at response_body:1, at most 3 times"},
      {at_response_body(1).slow(1024, 1s), "slow 1KiB/1s at response_body:1"},
      {at(At::after_response).close().with_probability(0.1), "close lingering at after_response, probability 0.1"},
      {at_idle(2s).close(), "close lingering at idle:2s"},
      {at(At::next_request).close(CloseMode::never), "close never at next_request"},
      {at(At::request_headers).stall().on_path("/\x1b[2J"), "stall at request_headers, path /\\x1b[2J"},
  };
  for (const Case& c : cases) {
    CHECK(describe(c.rule) == c.text);
    CHECK(printed(c.rule) == c.text);
    CHECK(error_of(c.rule) == "");
  }
}

TEST_CASE("a rule's status and its firing read as a sentence") {
  const Rule rule = at(At::accept).stall();
  CHECK(printed(RuleStatus{.id = 2, .rule = rule}) == "rule 2: stall at accept; it has not acted");
  CHECK(printed(RuleStatus{2, rule, 1}) == "rule 2: stall at accept; it has acted 1 time");
  CHECK(printed(RuleStatus{2, rule, 5}) == "rule 2: stall at accept; it has acted 5 times");
  CHECK(printed(RuleFiring{3ms, 2, 1, "stall at accept"}) == "rule 2: stall at accept");
  CHECK(printed(RuleFiring{3ms, 0, 4, "stall at accept"}) == "rule of request 4: stall at accept");
  CHECK(printed(At::next_request) == "next_request");
  CHECK(printed(Trigger{.at = At::idle, .after = 200ms}) == "idle:200ms");
}

TEST_CASE("rules that make no sense are named with their key") {
  struct Case {
    Rule rule;
    const char* fault;
  };
  Rule misplaced_time = at(At::accept).stall();
  misplaced_time.at.after = 1s;
  Rule misplaced_bytes = at(At::after_response).close();
  misplaced_bytes.at.bytes = 1;
  const Rule stall = at(At::before_response).stall();
  const Case cases[] = {
      {Rule(stall).on_connection(0), "\"connection\" must be at least 1: connections are counted from 1"},
      {Rule(stall).on_request(0), "\"request\" must be at least 1: requests are counted from 1"},
      {at(At::accept).stall().on_request(1), "\"request\" makes no sense at accept: no request has come yet"},
      {at(At::accept).stall().on_path("/"), "\"path\" makes no sense at accept: no request has come yet"},
      {Rule(stall).on_path("echo"), "\"path\" must begin with \"/\", and \"echo\" does not"},
      {Rule(stall).on_path("*"), "\"path\" must begin with \"/\", and \"*\" does not"},
      {misplaced_bytes, "\"at\" has a number of bytes, which after_response does not take"},
      {misplaced_time, "\"at\" has a time, which accept does not take"},
      {at_idle(0ms).close(), "\"at\" idle: its time must be more than 0ms"},
      {at_idle(-1ms).close(), "\"at\" idle: its time must be more than 0ms"},
      {at_idle(25h).close(), "\"at\" idle: its time must be at most 24h"},
      {Rule(stall).delay(0ms), "\"delay\" must be more than 0ms"},
      {Rule(stall).delay(-1ms), "\"delay\" must be more than 0ms"},
      {Rule(stall).delay(24h + 1ms), "\"delay\" must be at most 24h"},
      {Rule(stall).slow(0, 1ms), "\"slow\" its bytes must be more than 0"},
      {Rule(stall).slow(1, 0ms), "\"slow\" its time must be more than 0ms"},
      {Rule(stall).slow(1, 25h), "\"slow\" its time must be at most 24h"},
      {Rule(stall).at_most(0), "\"times\" must be at least 1"},
      {Rule(stall).with_probability(-0.1), "\"probability\" must be from 0 to 1"},
      {Rule(stall).with_probability(1.1), "\"probability\" must be from 0 to 1"},
      {Rule(stall).with_probability(std::numeric_limits<double>::quiet_NaN()), "\"probability\" must be from 0 to 1"},
  };
  for (const Case& c : cases) {
    CAPTURE(describe(c.rule));
    CHECK(error_of(c.rule) == c.fault);
  }
}

TEST_CASE("the bounds of what makes sense") {
  const Rule stall = at(At::before_response).stall();
  const Rule cases[] = {
      Rule(stall).on_connection(1).on_request(1).on_path("/"),
      at(At::accept).close().on_connection(1),
      Rule(stall).delay(24h),
      Rule(stall).delay(1ms),
      Rule(stall).slow(1, 1ms),
      at_idle(24h).close().on_request(1).on_path("/*"),
      Rule(stall).with_probability(0),
      Rule(stall).with_probability(1),
  };
  for (const Rule& rule : cases) {
    CAPTURE(describe(rule));
    CHECK(error_of(rule) == "");
  }
}

}  // namespace
}  // namespace closelab
