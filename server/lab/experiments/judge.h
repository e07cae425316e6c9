#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/lab/experiments/experiment.h"
#include "server/lab/experiments/outcome.h"

namespace closelab::lab {

/// An expectation and what was seen.
struct Judged {
  std::string text;
  std::string seen;
  /// Empty: it can't be seen here.
  std::optional<bool> holds{};

  bool is_visible() const { return holds.has_value(); }
};

/// A case that was played.
struct CaseResult {
  const Case* played = nullptr;
  /// Its number in the experiment, from 1.
  std::size_t number = 0;
  CaseOutcome outcome{};
  /// How often it was played, until its situation came about.
  unsigned plays = 1;
  std::vector<Judged> given{};
  std::vector<Judged> claim{};
  std::vector<Judged> expect{};

  /// Whether what the claim predicts for it happened.
  bool agrees() const;
  /// Whether it was played, and timing had it that it was another situation.
  bool is_worth_another_try() const;
};

/// An experiment that was played.
struct ExperimentResult {
  const Experiment* experiment = nullptr;
  /// Those that were played: without --slow, not the slow ones.
  std::vector<CaseResult> cases{};
  Conclusion conclusion = Conclusion::not_shown;

  /// Whether it came out as its file says.
  bool as_expected() const;
};

/// CloseHolds what was seen against the case's expectations.
CaseResult judge(const Case& played, std::size_t number, CaseOutcome outcome);

/// Concludes from the cases that make a prediction: `refuted` when it did not happen in the first, `conditional` when
/// it did there, but not in all.
Conclusion conclude(const std::vector<CaseResult>& cases);

}  // namespace closelab::lab
