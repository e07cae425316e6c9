#include "server/lab/experiments/judge.h"

#include <doctest/doctest.h>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/experiments/outcome_json.h"

namespace closelab::lab {
namespace {

constexpr int holds_not = 0;
constexpr int it_holds = 1;
constexpr int no_prediction = 2;
constexpr int not_played = 3;

CaseResult result(int kind) {
  CaseResult result;
  if (kind == not_played) result.outcome.not_shown = "no network";
  if (kind != no_prediction) result.claim = {{.text = "a = b", .seen = "b", .holds = kind == it_holds}};
  return result;
}

TEST_CASE("what follows from the cases") {
  struct Row {
    std::vector<int> cases;
    Conclusion expected;
  };
  const Row rows[] = {
      {{it_holds}, Conclusion::confirmed},
      {{it_holds, it_holds}, Conclusion::confirmed},
      {{it_holds, no_prediction}, Conclusion::confirmed},
      {{it_holds, holds_not}, Conclusion::conditional},
      {{no_prediction, it_holds, holds_not}, Conclusion::conditional},
      {{holds_not}, Conclusion::refuted},
      {{holds_not, it_holds}, Conclusion::refuted},
      {{it_holds, not_played}, Conclusion::not_shown},
      {{no_prediction}, Conclusion::not_shown},
      {{}, Conclusion::not_shown},
  };
  for (const Row& row : rows) {
    std::vector<CaseResult> cases;
    for (const int kind : row.cases) cases.push_back(result(kind));
    CHECK(conclude(cases) == row.expected);
  }
}

Expectation expectation(std::string_view text) {
  std::string error;
  return Vocabulary({}).parse(text, error);
}

TEST_CASE("a claim whose observation was not made is not shown; a known fact is left open") {
  const Case played{.claim = {expectation("time_wait = server")}, .expect = {expectation("resets = 1")}};
  const CaseResult seen = judge(played, 1, {.observed = {{"time_wait", observed("client")}}});
  CHECK(seen.outcome.not_shown == "");
  CHECK_FALSE(seen.agrees());
  CHECK_FALSE(seen.expect[0].is_visible());
  const CaseResult unseen = judge(played, 1, {});
  CHECK(unseen.outcome.not_shown == "time_wait = server can't be seen here: not seen");
}

TEST_CASE("a case whose situation does not come about is not shown, and worth another try") {
  const Case played{.given = {expectation("closed_first = both")}, .claim = {expectation("time_wait = server")}};
  const Observations crossed{{"closed_first", observed("both")}, {"time_wait", observed("both")}};
  const CaseResult good = judge(played, 1, {.observed = crossed});
  CHECK(good.outcome.not_shown == "");
  CHECK_FALSE(good.is_worth_another_try());
  const Observations late{{"closed_first", observed("client")}, {"time_wait", observed("server")}};
  const CaseResult bad = judge(played, 1, {.observed = late});
  CHECK(bad.outcome.not_shown == "it did not come about: closed_first = both, but client");
  CHECK(bad.is_worth_another_try());
  CHECK(conclude({bad}) == Conclusion::not_shown);
  CHECK_FALSE(judge(played, 1, {.not_shown = "no network"}).is_worth_another_try());
}

TEST_CASE("what the experiments about a claim conclude together") {
  using enum Conclusion;
  struct Row {
    std::vector<Conclusion> conclusions;
    Conclusion expected;
  };
  const Row rows[] = {
      {{}, not_shown},
      {{not_shown}, not_shown},
      {{confirmed, confirmed}, confirmed},
      {{confirmed, not_shown}, confirmed},
      {{not_shown, refuted}, refuted},
      {{confirmed, refuted}, conditional},
      {{confirmed, not_shown, refuted}, conditional},
      {{conditional, confirmed}, conditional},
  };
  const Experiment experiment{.claims = {"A1"}};
  for (const Row& row : rows) {
    std::vector<ExperimentResult> results;
    for (const Conclusion conclusion : row.conclusions)
      results.push_back({.experiment = &experiment, .conclusion = conclusion});
    CHECK(judge_claims(results).front().conclusion == row.expected);
  }
}

TEST_CASE("an outcome survives the way between two processes") {
  CaseOutcome outcome{.not_shown = "why",
                      .observed = {{"resets", observed_number(2)}, {"time_wait", observed("none")}}};
  outcome.observed["states.client"] = {.text = "ESTABLISHED", .doubt = "busy"};
  outcome.seconds = 1.5;
  outcome.transcript = {"client connect: ok"};
  outcome.packets = {{.from = Side::client, .flags = testbed::syn, .sequence = 7},
                     {.at = std::chrono::nanoseconds(1500), .from = Side::server, .payload = 3}};
  outcome.packets[1].transit = testbed::Transit::lost;
  outcome.picture.rungs = {{.kind = server::RungKind::call, .text = "close()"},
                           {.kind = server::RungKind::state, .side = Side::client, .state = TcpState::time_wait}};
  const Json json = to_json(outcome);
  const CaseOutcome back = outcome_from_json(json);
  CHECK(to_json(back).dump() == json.dump());
  CHECK(back.picture.rungs[1].state == TcpState::time_wait);
  CHECK(back.packets[1].transit == testbed::Transit::lost);
  CHECK(back.observed.at("resets").number == 2);
  CHECK(back.observed.at("states.client").doubt == "busy");
}

}  // namespace
}  // namespace closelab::lab
