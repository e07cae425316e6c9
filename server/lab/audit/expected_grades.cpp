#include "server/lab/audit/expected_grades.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "server/lab/settings/usage_error.h"
#include "server/text/printable.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

Grade grade_named(const std::string& name, const std::string& where) {
  std::vector<std::string_view> names;
  for (const Grade grade : all_grades()) {
    if (to_string(grade) == name) return grade;
    names.push_back(to_string(grade));
  }
  throw UsageError(fmt::format("{}: {} is no grade; they are {}", where, server::quoted(name), fmt::join(names, ", ")));
}

bool has_request(const Graded& graded) {
  return std::ranges::any_of(graded.played.records,
                             [](const ConnectionRecord& record) { return record.request_count > 0; });
}

}  // namespace

ExpectedGrades parse_expected_grades(std::string_view text, const std::string& file) {
  ExpectedGrades expected;
  std::istringstream in{std::string(text)};
  unsigned number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = fmt::format("{}:{}", file, ++number);
    const std::string entry = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (entry.empty()) continue;
    const std::size_t space = std::min(entry.find_first_of(" \t"), entry.size());
    const Grade grade = grade_named(trimmed(std::string_view(entry).substr(space)), where);
    if (!expected.emplace(entry.substr(0, space), grade).second)
      throw UsageError(fmt::format("{}: {} is there twice", where, entry.substr(0, space)));
  }
  return expected;
}

std::string format_expected_grades(const std::vector<Graded>& graded) {
  std::string out = "# What is known to come out, for `closelab audit --expect`.\n";
  for (const Graded& one : graded)
    if (one.grade == Grade::fail || one.grade == Grade::not_optimal)
      out += fmt::format("{} {}  # {}\n", one.scenario->id, to_string(one.grade), server::printable(one.reason));
  return out;
}

Outcome outcome_of(const std::vector<Graded>& graded, const ExpectedGrades& expected, bool strict) {
  Outcome outcome;
  ExpectedGrades unknown = expected;
  for (const Graded& one : graded) {
    const auto entry = expected.find(one.scenario->id);
    unknown.erase(one.scenario->id);
    const bool counts = one.scenario->requirement == Requirement::must || strict;
    if (one.grade == Grade::harness_failed) {
      outcome.harness_failed.push_back(&one);
    } else if (entry != expected.end() && entry->second != one.grade) {
      outcome.outdated.push_back(fmt::format("{} is expected to be {}, and is {}", entry->first,
                                             to_string(entry->second), to_string(one.grade)));
    } else if (one.grade == Grade::fail && counts && entry == expected.end()) {
      outcome.failed.push_back(&one);
    }
  }
  outcome.made_no_request = std::ranges::find(graded, Grade::not_exercised, &Graded::grade) != graded.end() &&
                            std::ranges::none_of(graded, has_request);
  for (const auto& [id, grade] : unknown) outcome.outdated.push_back(fmt::format("{} was not played", id));
  return outcome;
}

int Outcome::exit_code() const {
  if (!harness_failed.empty() || made_no_request) return failed_audit;
  return failed.empty() && outdated.empty() ? 0 : 1;
}

}  // namespace closelab::lab
