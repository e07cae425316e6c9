#pragma once

#include "server/lab/experiments/case_setup.h"
#include "server/lab/experiments/experiment.h"
#include "server/lab/experiments/outcome.h"

namespace closelab::lab {

/// Plays a case. Call it in a process of its own, without threads: it moves into a private network, and goes on in
/// another process there.
CaseOutcome play_case(const Case& played, const CaseSetupOptions& options);

}  // namespace closelab::lab
