#include "server/lab/audit/grade.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/lab/audit/observations.h"
#include "server/lab/audit/proxy_passages.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

constexpr std::array<std::pair<Grade, std::string_view>, 7> grade_names{{
    {Grade::pass, "pass"},
    {Grade::not_optimal, "not optimal"},
    {Grade::fail, "fail"},
    {Grade::info, "info"},
    {Grade::not_exercised, "not exercised"},
    {Grade::not_applicable, "not applicable"},
    {Grade::harness_failed, "harness failed"},
}};

constexpr std::size_t most_of_an_error = 100;

std::vector<Judged> hold_against(const std::vector<Expectation>& expectations, const Observations& seen) {
  std::vector<Judged> judged;
  for (const Expectation& each : expectations)
    judged.push_back({.text = each.text, .seen = seen_text(each, seen), .holds = holds(each, seen)});
  return judged;
}

/// The first that did not come about, or could not be seen; null when all did.
const Judged* first_not_held(const std::vector<Judged>& judged) {
  const auto found = std::ranges::find_if(judged, [](const Judged& each) { return !each.holds.value_or(false); });
  return found == judged.end() ? nullptr : &*found;
}

Grade grade_below(Requirement requirement) {
  if (requirement == Requirement::info) return Grade::info;
  return requirement == Requirement::optimal ? Grade::not_optimal : Grade::fail;
}

/// A client that has no word for a step can't be judged by what it did in the others.
std::string step_without_word(const Played& played) {
  const auto found = std::ranges::find(played.steps, Reply::Kind::not_applicable,
                                       [](const PlayedStep& step) { return step.reply.kind; });
  if (found == played.steps.end()) return "";
  return fmt::format("it has no word for {}", found->text.substr(0, found->text.find(' ')));
}

/// The first error that the caller got: a driver that fails has its reason there. Empty: none.
std::string first_error(const Played& played) {
  const auto found =
      std::ranges::find(played.steps, Reply::Kind::error, [](const PlayedStep& step) { return step.reply.kind; });
  if (found == played.steps.end()) return "";
  return fmt::format("; the caller got {}", server::cut_to(describe(found->reply), most_of_an_error));
}

Graded decide(Graded graded, const Observations& seen) {
  const Scenario& scenario = *graded.scenario;
  if (const Judged* missing = first_not_held(graded.given)) {
    graded.grade = Grade::not_exercised;
    graded.reason = fmt::format("the situation did not come about: it takes {}, and that was {}{}", missing->text,
                                missing->seen, first_error(graded.played));
    return graded;
  }
  const Judged* failed = first_not_held(graded.expect);
  if (failed != nullptr && !failed->is_visible()) {
    graded.grade = Grade::not_exercised;
    graded.reason = fmt::format("{} could not be seen", failed->text);
    return graded;
  }
  const bool is_good = failed == nullptr;
  graded.grade = scenario.requirement == Requirement::info ? Grade::info
                 : is_good                                 ? Grade::pass
                                                           : grade_below(scenario.requirement);
  graded.good_plays = is_good ? 1 : 0;
  graded.reason = fill_template(is_good ? scenario.good : scenario.bad, seen);
  return graded;
}

/// What a user should hear of first.
int severity(Grade grade) {
  switch (grade) {
    case Grade::harness_failed:
      return 4;
    case Grade::fail:
      return 3;
    case Grade::not_optimal:
      return 2;
    case Grade::not_exercised:
    case Grade::not_applicable:
      return 1;
    case Grade::pass:
    case Grade::info:
      break;
  }
  return 0;
}

bool is_worse(const Graded& one, const Graded& other) {
  if (one.grade != other.grade) return severity(one.grade) < severity(other.grade);
  return one.good_plays > other.good_plays;
}

}  // namespace

Graded combine(std::vector<Graded> plays) {
  const std::size_t played = plays.size();
  const auto is_idle = [](const Graded& play) { return play.grade == Grade::not_exercised; };
  // A play in which the situation did not come about tells nothing of the client that another contradicts.
  if (!std::ranges::all_of(plays, is_idle)) std::erase_if(plays, is_idle);
  const auto count = static_cast<unsigned>(plays.size());
  const auto good = static_cast<unsigned>(std::ranges::count(plays, 1U, &Graded::good_plays));
  const auto [best, worst] = std::ranges::minmax_element(plays, is_worse);
  const bool differ = is_worse(*best, *worst);
  const std::string best_reason = best->reason;
  Graded result = std::move(*worst);
  // What a race decides is a rate, also when it always came out the same.
  const bool is_rate = result.grade == Grade::info && result.scenario->tries > 1;
  if (differ)
    result.reason = fmt::format("{}{} of {}: {}; else: {}", result.grade == Grade::info ? "" : "flaky: ", good, count,
                                best_reason, result.reason);
  else if (is_rate)
    result.reason = fmt::format("{} of {}: {}", count, count, result.reason);
  if (count < played)
    result.reason += fmt::format("; in {} of {} plays the situation did not come about", played - count, played);
  result.plays = count;
  result.good_plays = good;
  return result;
}

std::string_view to_string(Grade grade) {
  return std::ranges::find(grade_names, grade, &std::pair<Grade, std::string_view>::first)->second;
}

const std::vector<Grade>& all_grades() {
  static const std::vector<Grade> grades = [] {
    std::vector<Grade> all;
    for (const auto& [grade, name] : grade_names) all.push_back(grade);
    return all;
  }();
  return grades;
}

Graded grade(const Scenario& scenario, Played played) {
  tell_passages(scenario.server.options.rules, played);
  Graded graded{.scenario = &scenario, .played = std::move(played)};
  graded.by_word = std::ranges::all_of(scenario.expect, is_clients_word, &Expectation::name);
  if (!graded.played.harness_error.empty()) {
    graded.reason = graded.played.harness_error;
    return graded;
  }
  graded.reason = graded.played.not_applicable;
  if (graded.reason.empty()) graded.reason = step_without_word(graded.played);
  if (!graded.reason.empty()) {
    graded.grade = Grade::not_applicable;
    return graded;
  }
  const Observations seen = observe(graded.played);
  graded.given = hold_against(scenario.given, seen);
  graded.expect = hold_against(scenario.expect, seen);
  return decide(std::move(graded), seen);
}

}  // namespace closelab::lab
