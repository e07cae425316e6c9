#pragma once

#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "server/lab/experiments/run_facts.h"

namespace closelab::lab {

/// Everything as one HTML page that needs nothing else: no script, no network, no font of its own. It is well-formed
/// XML too. At the top stand the textbook's claims with their verdicts, then each experiment.
std::string html_report(const std::vector<ExperimentResult>& results, const RunFacts& facts);

}  // namespace closelab::lab
