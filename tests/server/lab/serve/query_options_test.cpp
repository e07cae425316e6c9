#include "server/lab/serve/query_options.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("a query is a rule for its request") {
  struct Case {
    const char* query;
    Rule rule;
  };
  const Case cases[] = {
      {"close=abortive", at(At::after_response).close(CloseMode::abortive)},
      {"at=response_body:100&close=abortive", at_response_body(100).close(CloseMode::abortive)},
      {"close=abortive&at=response_body:100", at_response_body(100).close(CloseMode::abortive)},
      {"at=response_body%3A100&close=%61bortive", at_response_body(100).close(CloseMode::abortive)},
      {"at=idle:2s&close=half", at_idle(2s).close(CloseMode::half)},
      {"at=next_request&close=never&", at(At::next_request).close(CloseMode::never)},
      {"delay=200ms", at(At::before_response).delay(200ms)},
      {"stall", at(At::before_response).stall()},
      {"stall=on", at(At::before_response).stall()},
      {"truncate&at=response_body:10", at_response_body(10).truncate()},
      {"slow=10/100ms", at(At::response_headers).slow(10, 100ms)},
      {"stall&probability=0.25", at(At::before_response).stall().with_probability(0.25)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const auto query = parse_query_options(c.query);
    CHECK(query.error == "");
    CHECK(query.value.rule == c.rule);
    CHECK_FALSE(query.value.idle_timeout.has_value());
    CHECK_FALSE(query.value.keep_alive.has_value());
    Request request;
    request.query = c.query;
    CHECK(rules_from_query(request) == std::vector{c.rule});
  }
}

TEST_CASE("a query sets its connection's idle timeout and its response's Keep-Alive field") {
  using Timeout = Advertised<std::chrono::milliseconds>;
  using Max = Advertised<std::int64_t>;
  const KeepAliveHints server{.timeout = {Timeout::Kind::off, {}}, .max = {Max::Kind::fixed, 9}};
  struct Case {
    const char* query;
    std::optional<std::chrono::milliseconds> idle_timeout;
    std::optional<KeepAliveHints> keep_alive;
  };
  const Case cases[] = {
      {"", {}, {}},
      {"idle_timeout=200ms", 200ms, {}},
      {"idle_timeout=off", std::chrono::hours(24 * 365), {}},
      {"keep_alive_timeout=60s", {}, KeepAliveHints{{Timeout::Kind::fixed, 60s}, server.max}},
      {"keep_alive_timeout=+5s", {}, KeepAliveHints{{Timeout::Kind::offset, 5s}, server.max}},
      {"keep_alive_timeout=%2B5s", {}, KeepAliveHints{{Timeout::Kind::offset, 5s}, server.max}},
      {"keep_alive_max=-1", {}, KeepAliveHints{server.timeout, {Max::Kind::offset, -1}}},
      {"keep_alive_max=5&keep_alive_timeout=enforced&idle_timeout=1s", 1s, KeepAliveHints{{}, {Max::Kind::fixed, 5}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const auto query = parse_query_options(c.query, server);
    CHECK(query.error == "");
    CHECK_FALSE(query.value.rule.has_value());
    CHECK(query.value.idle_timeout == c.idle_timeout);
    CHECK(query.value.keep_alive == c.keep_alive);
  }
}

TEST_CASE("a query that can't be understood is refused with its option, the value and what is allowed") {
  struct Case {
    const char* query;
    const char* error;
  };
  const Case cases[] = {
      {"close=gently", "close: \"gently\" is none of lingering, immediate, abortive, delayed, half, deferred, never"},
      {"clse=abortive", "unknown query option \"clse\"; did you mean \"close\"?"},
      {"q=2", "unknown query option \"q\"; "},
      {"zzzzzzzz=2",
       "unknown query option \"zzzzzzzz\"; none is like it\nThe query options are at, idle_at_least, close, delay, "
       "stall, truncate, slow, answer, reason, fields, body, version, framing, length, trailers, read_body, send, "
       "interim, count, expect, announce, probability, idle_timeout, keep_alive_timeout, keep_alive_max, tag"},
      {"send_file=/etc/passwd", "send_file is for rules in a conf file and --rule alone: it reads a file"},
      {"send_fil=/etc/passwd", "unknown query option \"send_fil\"; did you mean \"send\"?"},
      {"connection=1&stall", "connection is for rules that stay: a query acts on its own request, once"},
      {"request=1&stall", "request is for rules"},
      {"path=/&stall", "path is for rules"},
      {"times=1&stall", "times is for rules"},
      {"at=later&stall", "at: \"later\" is none of accept, request_headers"},
      {"at=accept&stall", "at: \"accept\" is over when a request comes"},
      {"at=next_request",
       "a rule has exactly one of close, delay, stall, truncate, slow, answer, send, interim, expect, announce, "
       "and this one has none"},
      {"expect=final:100", "expect: final: its status must be from 200 to 999"},
      {"expect=final:417&at=before_response", "\"expect\" makes no sense at before_response"},
      {"stall&close=half", "and this one has stall and close"},
      {"close=half&close=half", "\"close\" is given twice"},
      {"delay=5", "delay: \"5\" has no unit; write 5s for seconds or 5ms"},
      {"close", "close: \"\" is none of lingering"},
      {"stall=off", "stall: takes on alone"},
      {"idle_timeout=0s", "idle_timeout: 0s is less than 1ms"},
      {"idle_timeout=1s&idle_timeout=2s", "\"idle_timeout\" is given twice"},
      {"keep_alive_max=x", "keep_alive_max: \"x\" is not a number"},
      {"close=%zz", "\"close=%zz\" has a \"%\" without two hexadecimal digits"},
      {"%1b[2J=1", "unknown query option \"\\x1b[2J\"; "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const std::string error = parse_query_options(c.query).error;
    CAPTURE(error);
    CHECK(error != "");
    Request request;
    request.query = c.query;
    CHECK(rules_from_query(request).empty());
    const Response refusal = with_query_options([](const Request&) { return Response{}; }, {})(request);
    CHECK(refusal.status == 400);
    CHECK(contains(refusal.body, c.error));
    CHECK(contains(refusal.body, "\nThe query options are at, idle_at_least, close, "));
  }
}

TEST_CASE("the route's response carries what the options ask for") {
  const auto response_to = [](std::string_view query) {
    Request request;
    request.query = query;
    return with_query_options([](const Request&) { return Response{.status = 204, .close_mode = CloseMode::half}; },
                              {})(request);
  };
  const Response plain = response_to("");
  CHECK(plain.status == 204);
  CHECK_FALSE(plain.idle_timeout.has_value());
  CHECK_FALSE(plain.keep_alive.has_value());
  const Response turned = response_to("idle_timeout=1s&keep_alive_max=3&stall");
  CHECK(turned.status == 204);
  CHECK(turned.close_mode == CloseMode::half);
  CHECK(turned.idle_timeout == 1s);
  CHECK(turned.keep_alive->max == Advertised<std::int64_t>{Advertised<std::int64_t>::Kind::fixed, 3});
}

}  // namespace
}  // namespace closelab::lab
