#include "server/lab/experiments/judge.h"

#include <algorithm>

namespace closelab::lab {
namespace {

std::vector<Judged> judge_all(const std::vector<Expectation>& expectations, const Observations& seen) {
  std::vector<Judged> result;
  for (const Expectation& expectation : expectations)
    result.push_back({expectation.text, seen_text(expectation, seen), holds(expectation, seen)});
  return result;
}

bool all_hold(const std::vector<Judged>& judged) {
  return std::ranges::all_of(judged, [](const Judged& one) { return one.holds == true; });
}

/// What can't be seen contradicts nothing.
bool none_fails(const std::vector<Judged>& judged) {
  return std::ranges::none_of(judged, [](const Judged& one) { return one.holds == false; });
}

/// Why a case that was played shows nothing; empty when it shows something.
std::string why_not_shown(const CaseResult& result) {
  for (const Judged& one : result.given)
    if (one.holds != true) return "it did not come about: " + one.text + ", but " + one.seen;
  for (const Judged& one : result.claim)
    if (!one.is_visible()) return one.text + " can't be seen here: " + one.seen;
  return "";
}

}  // namespace

std::string_view to_string(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::confirmed:
      return "confirmed";
    case Conclusion::refuted:
      return "refuted";
    case Conclusion::conditional:
      return "true under a condition";
    case Conclusion::not_shown:
      return "not shown";
  }
  return "";
}

bool CaseResult::agrees() const { return all_hold(claim); }

bool CaseResult::is_worth_another_try() const { return !none_fails(given); }

bool ExperimentResult::as_expected() const {
  const auto as_known = [](const CaseResult& result) { return none_fails(result.expect); };
  return conclusion == experiment->conclusion && std::ranges::all_of(cases, as_known);
}

CaseResult judge(const Case& played, std::size_t number, CaseOutcome outcome) {
  CaseResult result{.played = &played,
                    .number = number,
                    .given = judge_all(played.given, outcome.observed),
                    .claim = judge_all(played.claim, outcome.observed),
                    .expect = judge_all(played.expect, outcome.observed)};
  result.outcome = std::move(outcome);
  if (result.outcome.not_shown.empty()) result.outcome.not_shown = why_not_shown(result);
  return result;
}

Conclusion conclude(const std::vector<CaseResult>& cases) {
  std::vector<bool> agreements;
  for (const CaseResult& result : cases) {
    if (!result.outcome.not_shown.empty()) return Conclusion::not_shown;
    if (!result.claim.empty()) agreements.push_back(result.agrees());
  }
  if (agreements.empty()) return Conclusion::not_shown;
  if (!agreements.front()) return Conclusion::refuted;
  const bool in_all = std::ranges::find(agreements, false) == agreements.end();
  return in_all ? Conclusion::confirmed : Conclusion::conditional;
}

}  // namespace closelab::lab
