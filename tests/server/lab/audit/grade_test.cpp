#include "server/lab/audit/grade.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "server/lab/audit/observations.h"

namespace closelab::lab {
namespace {

Expectation expectation(std::string_view text) {
  std::string error;
  Expectation result = AuditVocabulary(2).parse(text, error);
  REQUIRE(error == "");
  return result;
}

Scenario scenario(Requirement requirement, std::string_view expected = "handled.POST = 1") {
  return {.id = "one",
          .requirement = requirement,
          .given = {expectation("rules_fired >= 1")},
          .expect = {expectation(expected)},
          .good = "once",
          .bad = "{handled.POST} times"};
}

RequestRecord request(std::uint64_t connection, std::uint64_t number, std::string method) {
  RequestRecord record;
  record.connection_id = connection;
  record.number = number;
  record.method = std::move(method);
  record.status = 200;
  record.received_at = std::chrono::milliseconds(1);
  record.answered_at = std::chrono::milliseconds(3);
  record.seen_by = SeenBy::handler;
  return record;
}

ConnectionRecord connection(std::uint64_t id, std::chrono::system_clock::time_point accepted_at,
                            const std::string& method) {
  ConnectionRecord record;
  record.id = id;
  record.accepted_at = accepted_at;
  record.request_count = 1;
  record.requests = {request(id, 1, method)};
  return record;
}

/// Two steps, the second of which was sent on as many connections.
Played played(std::uint64_t posts) {
  const std::chrono::system_clock::time_point begin{std::chrono::hours(1)};
  Played result;
  result.steps = {{.text = "GET http://127.0.0.1:1/", .begun = begin, .done = begin + std::chrono::milliseconds(5)},
                  {.text = "POST http://127.0.0.1:1/", .begun = begin + std::chrono::seconds(1)}};
  result.rules_fired = 1;
  result.records.push_back(connection(1, begin, "GET"));
  for (std::uint64_t i = 0; i < posts; ++i) {
    ConnectionRecord record = connection(i + 2, begin + std::chrono::seconds(2), "POST");
    record.phase = Phase::settled;
    record.verdict.closed_first = Side::server;
    result.records.push_back(record);
  }
  return result;
}

TEST_CASE("the grade follows from what was seen and the class") {
  struct Row {
    Requirement requirement;
    std::uint64_t posts;
    Grade expected;
    const char* reason;
  };
  const Row rows[] = {
      {Requirement::must, 1, Grade::pass, "once"},    {Requirement::must, 2, Grade::fail, "2 times"},
      {Requirement::should, 1, Grade::pass, "once"},  {Requirement::should, 2, Grade::fail, "2 times"},
      {Requirement::optimal, 1, Grade::pass, "once"}, {Requirement::optimal, 2, Grade::not_optimal, "2 times"},
      {Requirement::info, 1, Grade::info, "once"},    {Requirement::info, 2, Grade::info, "2 times"},
  };
  for (const Row& row : rows) {
    const Scenario one = scenario(row.requirement);
    const Graded graded = grade(one, played(row.posts));
    CHECK(graded.grade == row.expected);
    CHECK(graded.reason == row.reason);
    CHECK_FALSE(graded.by_word);
  }
}

TEST_CASE("what did not come about proves nothing, whatever the client did") {
  for (const Requirement requirement : {Requirement::must, Requirement::info}) {
    const Scenario one = scenario(requirement);
    Played without = played(1);
    without.rules_fired = 0;
    const Graded graded = grade(one, without);
    CHECK(graded.grade == Grade::not_exercised);
    CHECK(graded.reason == "the situation did not come about: it takes rules_fired >= 1, and that was 0");
  }
}

TEST_CASE("what could not be seen is no failure") {
  const Scenario one = scenario(Requirement::must, "sockets.CLOSE_WAIT = 0");
  CHECK(grade(one, played(1)).grade == Grade::not_exercised);
  Played looked = played(1);
  looked.sockets = SocketsSeen{};
  CHECK(grade(one, looked).grade == Grade::pass);
  looked.sockets->states[TcpState::close_wait] = 2;
  CHECK(grade(one, looked).grade == Grade::fail);
}

TEST_CASE("a step without a word is nothing for the client; a harness that failed comes before all") {
  const Scenario one = scenario(Requirement::must);
  Played silent = played(2);
  silent.steps[1].reply.kind = Reply::Kind::not_applicable;
  CHECK(grade(one, silent).grade == Grade::not_applicable);
  CHECK(grade(one, silent).reason == "it has no word for POST");
  silent.harness_error = "no such program";
  CHECK(grade(one, silent).grade == Grade::harness_failed);
  CHECK(grade(one, silent).reason == "no such program");
  CHECK(grade(one, {.not_applicable = "curl can't"}).grade == Grade::not_applicable);
}

TEST_CASE("what only the client can know is said to be its word") {
  const Scenario one = scenario(Requirement::must, "step.2.result = err");
  CHECK(grade(one, played(1)).by_word);
  CHECK(grade(one, played(1)).grade == Grade::fail);
}

TEST_CASE("what is observed of steps and connections") {
  Played play = played(2);
  play.records[0].requests.push_back(request(1, 2, "POST"));
  play.records[0].requests[1].received_at = std::chrono::milliseconds(1500);
  play.records[0].requests[1].persistence.reason = CloseReason::request_close;
  const Observations seen = observe(play);
  struct Row {
    const char* name;
    const char* value;
  };
  const Row rows[] = {
      {"connections", "3"},
      {"requests", "4"},
      {"requests.POST", "3"},
      {"handled.GET", "1"},
      {"connections.open", "1"},
      {"connections.unused", "0"},
      {"step.1.requests", "1"},
      {"step.1.reused", "no"},
      {"step.2.requests", "3"},
      {"step.2.connections", "3"},
      {"step.2.reused", "yes"},
      {"step.2.connection", "3"},
      {"step.2.asked_close", "no"},
      {"step.1.said", "success"},
      {"step.1.took", "5.0 ms"},
      {"step.1.answer_time", "2.0 ms"},
      {"connection.1.closed_first", "open"},
      {"connection.2.closed_first", "server"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    REQUIRE(seen.contains(row.name));
    CHECK(seen.at(row.name).text == row.value);
    CHECK(AuditVocabulary(2).knows(row.name));
  }
  CHECK(fill_template("{connections} of {nothing}", seen) == "3 of not seen");
  CHECK(fill_template("{connections:connection}, {connections.open:request}", seen) == "3 connections, 1 request");
}

TEST_CASE("of several plays the worst counts, and where they differ the rate is told") {
  struct Row {
    Requirement requirement;
    std::vector<std::uint64_t> posts;
    Grade expected;
    const char* reason;
    unsigned good_plays;
  };
  const Row rows[] = {
      {Requirement::must, {1}, Grade::pass, "once", 1},
      {Requirement::must, {1, 1, 1}, Grade::pass, "once", 3},
      {Requirement::must, {1, 2, 1}, Grade::fail, "flaky: 2 of 3: once; else: 2 times", 2},
      {Requirement::optimal, {2, 2}, Grade::not_optimal, "2 times", 0},
      {Requirement::info, {1, 2, 2, 2}, Grade::info, "1 of 4: once; else: 2 times", 1},
  };
  for (const Row& row : rows) {
    const Scenario one = scenario(row.requirement);
    std::vector<Graded> plays;
    for (const std::uint64_t posts : row.posts) plays.push_back(grade(one, played(posts)));
    const Graded graded = combine(std::move(plays));
    CHECK(graded.grade == row.expected);
    CHECK(graded.reason == row.reason);
    CHECK(graded.good_plays == row.good_plays);
    CHECK(graded.plays == row.posts.size());
  }
}

TEST_CASE("a play in which the situation did not come about contradicts no other") {
  const Scenario one = scenario(Requirement::must);
  Played idle = played(1);
  idle.rules_fired = 0;
  const Graded graded = combine({grade(one, played(1)), grade(one, idle), grade(one, played(1))});
  CHECK(graded.grade == Grade::pass);
  CHECK(graded.reason == "once; in 1 of 3 plays the situation did not come about");
  CHECK(graded.plays == 2);
  CHECK(combine({grade(one, idle), grade(one, idle)}).plays == 2);
}

TEST_CASE("what a race decides is a rate, also when it always came out the same") {
  Scenario race = scenario(Requirement::info);
  race.tries = 2;
  std::vector<Graded> plays{grade(race, played(1)), grade(race, played(1))};
  CHECK(combine(std::move(plays)).reason == "2 of 2: once");
}

}  // namespace
}  // namespace closelab::lab
