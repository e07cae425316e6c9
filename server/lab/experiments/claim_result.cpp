#include "server/lab/experiments/claim_result.h"

#include <algorithm>

namespace closelab::lab {
namespace {

/// An experiment that is not shown contradicts no other.
Conclusion combined(const std::vector<const ExperimentResult*>& results) {
  Conclusion combined = Conclusion::not_shown;
  for (const ExperimentResult* result : results) {
    if (result->conclusion == Conclusion::not_shown || result->conclusion == combined) continue;
    combined = combined == Conclusion::not_shown ? result->conclusion : Conclusion::conditional;
  }
  return combined;
}

bool is_about(const ExperimentResult& result, const Claim& claim) {
  return std::ranges::find(result.experiment->claims, claim.id) != result.experiment->claims.end();
}

}  // namespace

std::vector<ClaimResult> judge_claims(const std::vector<ExperimentResult>& results) {
  std::vector<ClaimResult> judged;
  for (const Claim& claim : claims()) {
    ClaimResult& one = judged.emplace_back(ClaimResult{.claim = &claim});
    for (const ExperimentResult& result : results)
      if (is_about(result, claim)) one.experiments.push_back(&result);
    one.conclusion = combined(one.experiments);
  }
  return judged;
}

}  // namespace closelab::lab
