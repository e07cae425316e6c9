#pragma once

#include "server/lab/run/experiment.h"
#include "server/lab/run/outcome.h"
#include "server/lab/run/stage.h"

namespace closelab::lab {

/// Plays a case. Call it in a process of its own, without threads: it moves into a private network, and goes on in
/// another process there.
CaseOutcome play_case(const Case& played, const StageOptions& options);

}  // namespace closelab::lab
