#pragma once

#include "server/lab/experiments/judge.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Times are numbers of milliseconds.
Json to_json(const CaseOutcome& outcome);
Json to_json(const ExperimentResult& result);

/// Reads back what to_json() wrote: a case is played in another process.
CaseOutcome outcome_from_json(const Json& json);

}  // namespace closelab::lab
