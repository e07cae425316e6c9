#pragma once

#include <vector>

#include "server/lab/experiments/claims.h"
#include "server/lab/experiments/judge.h"

namespace closelab::lab {

/// A claim of the textbook and what the experiments conclude about it.
struct ClaimResult {
  const Claim* claim = nullptr;
  std::vector<const ExperimentResult*> experiments{};
  /// What those that were shown agree on; that it depends, when they don't.
  Conclusion conclusion = Conclusion::not_shown;
};

/// What became of every claim, in their order. The results refer to the experiments' results.
std::vector<ClaimResult> judge_claims(const std::vector<ExperimentResult>& results);

}  // namespace closelab::lab
