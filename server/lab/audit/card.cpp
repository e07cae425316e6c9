#include "server/lab/audit/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "server/lab/settings/word_wrap.h"
#include "server/record/ladder.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::TextLayout;
using server::TextStyle;

constexpr std::array requirements{Requirement::must, Requirement::should, Requirement::optimal, Requirement::info};
constexpr std::size_t most_facts = 3;

const char* color_of(Grade grade) {
  switch (grade) {
    case Grade::pass:
      return "32";
    case Grade::fail:
    case Grade::harness_failed:
      return "1;31";
    case Grade::not_optimal:
      return "33";
    default:
      return "2";
  }
}

std::string painted_grade(Grade grade, const TextLayout& layout) {
  const std::string text = fmt::format("{:<14}", to_string(grade));
  return layout.style == TextStyle::plain ? text : fmt::format("\x1b[{}m{}\x1b[0m", color_of(grade), text);
}

/// The connection that a failure is about: the first that did not end as usual, else the first.
const ConnectionRecord* told_connection(const Graded& graded) {
  const auto& records = graded.played.records;
  const auto found = std::ranges::find_if(
      records, [](const ConnectionRecord& record) { return record.request_count > 0 && !record.rules_fired.empty(); });
  if (found != records.end()) return &*found;
  return records.empty() ? nullptr : &records.front();
}

std::string explanation_of(const Graded& graded, const TextLayout& layout) {
  std::string out = wrap(server::printable_text(graded.scenario->why, layout.charset), "      ", layout.columns);
  for (const PlayedStep& step : graded.played.steps)
    out += fmt::format("      {} -> {}\n", step.text, server::printable(describe(step.reply)));
  if (const ConnectionRecord* record = told_connection(graded))
    out += fmt::format("\n{}\n", server::ladder(server::picture_of(*record), layout));
  return out;
}

std::string table_of_grades(const std::vector<Graded>& graded) {
  std::map<std::pair<Requirement, Grade>, std::size_t> counts;
  for (const Graded& one : graded) ++counts[{one.scenario->requirement, one.grade}];
  std::string out = fmt::format("{:<8}", "");
  for (const Grade grade : all_grades()) out += fmt::format("  {}", to_string(grade));
  out += '\n';
  for (const Requirement requirement : requirements) {
    out += fmt::format("{:<8}", to_string(requirement));
    for (const Grade grade : all_grades()) {
      const std::size_t count = counts[{requirement, grade}];
      out += fmt::format("  {:>{}}", count == 0 ? std::string("-") : fmt::format("{}", count), to_string(grade).size());
    }
    out += '\n';
  }
  return out;
}

std::string where_in_rfc(const Graded& graded) { return fmt::format("[{}]", graded.scenario->section); }

/// Reasons that several share are said once.
std::string not_played(const std::vector<Graded>& graded, Grade grade, const TextLayout& layout) {
  std::map<std::string, std::vector<std::string>> ids;
  for (const Graded& one : graded)
    if (one.grade == grade) ids[one.reason].push_back(one.scenario->id);
  std::string out;
  for (const auto& [reason, names] : ids)
    out += wrap(server::printable(fmt::format("{}: {}", fmt::join(names, ", "), reason)), "  ", layout.columns);
  return out.empty() ? "" : fmt::format("\n{}:\n{}", to_string(grade), out);
}

std::string row_of(const std::string& scenario, const Passed& passed) {
  const std::string times = passed.requests > 1 ? fmt::format(", {} times", passed.requests) : "";
  return fmt::format("  {:<18} {:<19} {:<19} {}{}\n", scenario, describe(passed.upstream), describe(passed.front),
                     to_string(passed.passage), times);
}

/// What a proxy did with the endings that it met; nothing for other clients.
std::string table_of_passages(const std::vector<Graded>& graded) {
  std::string rows;
  for (const Graded& one : graded)
    for (const PlayedStep& step : one.played.steps)
      if (step.passed && is_remarkable(*step.passed)) rows += row_of(one.scenario->id, *step.passed);
  if (rows.empty()) return "";
  return fmt::format("\nwhat the proxy did with endings:\n  {:<18} {:<19} {:<19} {}\n{}", "", "from upstream",
                     "to its client", "the proxy", rows);
}

/// How much it matters: a class weighs more than any weight in it. Nothing when there is nothing to tell.
unsigned weight_of(const Graded& graded) {
  constexpr unsigned class_weight = 10;
  if (graded.grade == Grade::not_optimal) return graded.scenario->weight;
  if (graded.grade != Grade::fail) return 0;
  const unsigned classes = graded.scenario->requirement == Requirement::must ? 2 : 1;
  return classes * class_weight + graded.scenario->weight;
}

/// `4 of 38 MUSTs do not hold: short-head, ...`. What was not exercised counts as neither.
std::string summary_of(const std::vector<Graded>& graded, Requirement requirement, std::string_view name) {
  std::vector<std::string> failed;
  std::size_t held = 0;
  for (const Graded& one : graded) {
    if (one.scenario->requirement != requirement) continue;
    if (one.grade == Grade::fail) failed.push_back(one.scenario->id);
    if (one.grade == Grade::pass) ++held;
  }
  if (failed.empty() && held == 0) return "";
  if (failed.empty()) return fmt::format("all {}s that were exercised hold: {}", name, held);
  return fmt::format("{} of {} {}s do not hold: {}", failed.size(), failed.size() + held, name,
                     fmt::join(failed, ", "));
}

}  // namespace

std::vector<const Graded*> facts_that_matter(const std::vector<Graded>& graded) {
  std::vector<const Graded*> facts;
  for (const Graded& one : graded)
    if (weight_of(one) > 0) facts.push_back(&one);
  std::ranges::stable_sort(facts, std::ranges::greater{}, [](const Graded* one) { return weight_of(*one); });
  if (facts.size() > most_facts) facts.resize(most_facts);
  return facts;
}

std::string scenario_list(const std::vector<Scenario>& scenarios) {
  std::string out;
  for (const Scenario& one : scenarios)
    out += fmt::format("{:<22} {:<8} {:<28} {}\n", one.id, to_string(one.requirement), one.section, one.title);
  return out;
}

std::string graded_text(const Graded& graded, const TextLayout& layout) {
  const Scenario& scenario = *graded.scenario;
  const bool is_judged = graded.grade == Grade::pass || graded.grade == Grade::fail ||
                         graded.grade == Grade::not_optimal || graded.grade == Grade::info;
  std::string out = fmt::format("{} {:<7} {:<22} {}", painted_grade(graded.grade, layout),
                                to_string(scenario.requirement), scenario.id, server::printable(graded.reason));
  if (is_judged) out += fmt::format(" {}{}", where_in_rfc(graded), graded.by_word ? " (its word)" : "");
  out += '\n';
  if (graded.grade == Grade::fail && scenario.requirement == Requirement::must) out += explanation_of(graded, layout);
  return out;
}

std::string card(const std::vector<Graded>& graded, const Outcome& outcome, const TextLayout& layout) {
  std::string out = '\n' + table_of_grades(graded);
  if (std::ranges::any_of(graded, &Graded::by_word))
    out += "\n(its word): nobody but the client can know, and what it said decides\n";
  for (const Grade grade : {Grade::not_exercised, Grade::not_applicable, Grade::harness_failed})
    out += not_played(graded, grade, layout);
  out += table_of_passages(graded);
  const std::vector<const Graded*> facts = facts_that_matter(graded);
  if (!facts.empty()) out += "\nwhat matters most:\n";
  for (const Graded* fact : facts)
    out += wrap(server::printable(fmt::format("{}: {} {}", fact->scenario->title, fact->reason, where_in_rfc(*fact))),
                "  ", layout.columns);
  out += '\n';
  for (const auto& [requirement, name] :
       {std::pair{Requirement::must, "MUST"}, std::pair{Requirement::should, "SHOULD"}})
    out += wrap(summary_of(graded, requirement, name), "", layout.columns);
  if (outcome.made_no_request) out += "the client made no request: nothing can be told of it\n";
  if (!outcome.outdated.empty()) out += "\nout of date:\n";
  for (const std::string& line : outcome.outdated) out += fmt::format("  {}\n", line);
  return out;
}

}  // namespace closelab::lab
