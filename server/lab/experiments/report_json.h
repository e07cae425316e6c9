#pragma once

#include <vector>

#include "server/lab/experiments/judge.h"
#include "server/lab/experiments/run_facts.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Everything that a report shows: the run's facts, the claims and what came of them, and every experiment with its
/// cases. The viewer of `--report` draws it; docs/experiments.md names its keys.
Json report_json(const std::vector<ExperimentResult>& results, const RunFacts& facts);

}  // namespace closelab::lab
