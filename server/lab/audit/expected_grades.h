#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/audit/grade.h"

namespace closelab::lab {

/// What is known to come out, by scenario: a baseline, so that an audit fails only for what is new.
using ExpectedGrades = std::map<std::string, Grade>;

/// Reads `ID GRADE`, one a line; `#` begins a comment. Throws UsageError, `FILE:LINE: what`.
ExpectedGrades parse_expected_grades(std::string_view text, const std::string& file);
/// Those that are no pass, as parse_expected_grades() reads them, each with its reason in a comment.
std::string format_expected_grades(const std::vector<Graded>& graded);

/// What an audit's exit code is made of.
struct Outcome {
  /// When an audit could not be played, or not to its end.
  static constexpr int failed_audit = 2;

  /// Scenarios that fail, and are not expected to.
  std::vector<const Graded*> failed{};
  std::vector<const Graded*> harness_failed{};
  /// `handled-post-fin is expected to be fail, and is pass`.
  std::vector<std::string> outdated{};
  /// Situations did not come about, and the client has made no request in any scenario: nothing can be told of it.
  bool made_no_request = false;

  int exit_code() const;
};

/// Holds what came out against what was expected; `strict` counts SHOULD as well. Pure.
Outcome outcome_of(const std::vector<Graded>& graded, const ExpectedGrades& expected, bool strict);

}  // namespace closelab::lab
