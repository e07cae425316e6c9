#pragma once

#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "server/lab/serve/log.h"

namespace closelab::lab {

/// One experiment: the claim, each case with its ladder and what was seen, and the conclusion.
std::string text_report(const ExperimentResult& result, TextStyle paint);

/// Each claim of the textbook, what the experiments conclude about it, and which they are.
std::string claims_table(const std::vector<ExperimentResult>& results);

/// A line for each experiment.
std::string experiment_list(const std::vector<Experiment>& experiments);

}  // namespace closelab::lab
