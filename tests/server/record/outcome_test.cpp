#include "server/record/outcome.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/where.h"

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

template <class Enum>
std::vector<Enum> all(Enum last) {
  std::vector<Enum> values;
  for (int i = 0; i <= static_cast<int>(last); ++i) values.push_back(static_cast<Enum>(i));
  return values;
}

/// Every combination of what is known of a request.
std::vector<RequestFacts> combinations() {
  std::vector<RequestFacts> result;
  for (const SeenBy seen_by : all(SeenBy::handler)) {
    for (const AnswerSent sent : all(AnswerSent::until_close)) {
      for (const AnswerAcknowledged acknowledged : all(AnswerAcknowledged::whole)) {
        for (const Aftermath aftermath : all(Aftermath::unseen)) {
          result.push_back({seen_by, sent, acknowledged, aftermath});
        }
      }
    }
  }
  return result;
}

std::string row(const RequestFacts& facts) {
  const Outcome outcome = judge_request(facts);
  std::string text;
  for (const std::string_view cell : {to_string(facts.seen_by), to_string(facts.sent), to_string(facts.acknowledged),
                                      to_string(facts.aftermath), to_string(outcome.retry)}) {
    text += "| " + std::string(cell) + ' ';
  }
  return text + "| " + (outcome.answer_may_be_unread ? "yes" : "no") + " | " + std::string(to_string(outcome.source)) +
         " |\n";
}

TEST_CASE("docs/outcomes.md has a row for every combination, as the function judges it") {
  std::ifstream file(CLOSELAB_SOURCE_DIR "/docs/outcomes.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  std::string table;
  for (const RequestFacts& facts : combinations()) table += row(facts);
  INFO("the table should read:\n", table);
  CHECK(page.find("|--|--|--|--|--|--|--|\n" + table) != std::string::npos);
}

TEST_CASE("not needed is said only of a whole answer that the client's kernel has, or that nobody has cut off") {
  for (const RequestFacts& facts : combinations()) {
    CAPTURE(row(facts));
    const Outcome outcome = judge_request(facts);
    if (outcome.retry != Retry::not_needed) continue;
    CHECK(facts.sent >= AnswerSent::whole);
    const bool has_ended_well = facts.aftermath == Aftermath::open || facts.aftermath == Aftermath::orderly;
    const bool is_there = facts.sent == AnswerSent::whole && facts.acknowledged == AnswerAcknowledged::whole;
    CHECK((has_ended_well || is_there));
    CHECK_FALSE(outcome.answer_may_be_unread);
  }
}

TEST_CASE("safe is never said of what a handler has seen") {
  for (const RequestFacts& facts : combinations()) {
    CAPTURE(row(facts));
    if (facts.seen_by == SeenBy::handler) CHECK(judge_request(facts).retry != Retry::safe);
    if (facts.seen_by != SeenBy::handler) CHECK(judge_request(facts).retry != Retry::if_idempotent);
  }
}

RequestRecord request(int status, std::chrono::nanoseconds answered_at, SeenBy seen_by, std::uint64_t answer_end) {
  RequestRecord record;
  record.status = status;
  record.answered_at = answered_at;
  record.seen_by = seen_by;
  record.answer_end = answer_end;
  return record;
}

RequestRecord answered(std::uint64_t answer_end) { return request(200, 1ms, SeenBy::handler, answer_end); }

TEST_CASE("a pipeline that fails at the second of three: each request has its own answer") {
  ConnectionRecord record;
  record.requests = {answered(100), request(200, 0ms, SeenBy::handler, 150), {}};
  record.verdict.reset_by = ResetBy::client;
  record.verdict.bytes_at_risk = 20;
  judge_outcomes(record);
  CHECK(record.requests[0].retry == Retry::not_needed);
  CHECK(record.requests[1].retry == Retry::if_idempotent);
  CHECK(record.requests[2].retry == Retry::safe);
  CHECK(record.retry == Retry::if_idempotent);
}

TEST_CASE("what was not acknowledged is taken from the end: the last answers are lost first") {
  ConnectionRecord record;
  record.requests = {answered(100), answered(200), answered(300)};
  record.verdict.reset_by = ResetBy::server;
  record.verdict.bytes_at_risk = 150;
  judge_outcomes(record);
  CHECK(record.requests[0].retry == Retry::not_needed);
  CHECK(record.requests[1].retry == Retry::if_idempotent);
  CHECK(record.requests[2].retry == Retry::if_idempotent);
}

TEST_CASE("an answer that our RST follows while the client was still sending may stay unread") {
  ConnectionRecord record;
  record.requests = {request(413, 1ms, SeenBy::server, 100)};
  record.verdict.bytes_at_risk = 0;
  record.evidence = {{.fact = fact::RequestUnfinished{.missing = 1000}}};
  judge_outcomes(record);
  CHECK(record.requests[0].answer_may_be_unread);
  CHECK(record.requests[0].retry == Retry::safe);
  record.verdict.reset_by = ResetBy::none;
  record.retry = Retry::not_needed;
  judge_outcomes(record);
  CHECK_FALSE(record.requests[0].answer_may_be_unread);
  CHECK(record.retry == Retry::not_needed);
}

TEST_CASE("what is known of the connection already counts too") {
  ConnectionRecord record;
  record.requests = {answered(100)};
  record.verdict.reset_by = ResetBy::none;
  record.retry = Retry::safe;
  judge_outcomes(record);
  CHECK(record.requests[0].retry == Retry::not_needed);
  CHECK(record.retry == Retry::safe);
}

}  // namespace
}  // namespace closelab::server
