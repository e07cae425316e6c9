#pragma once

#include "server/lab/experiments/settings.h"

namespace closelab::lab {

/// Plays experiments and prints what came of them; returns the exit code. Throws UsageError for a file that can't be
/// understood. Must be called without threads.
int run(const RunSettings& settings);

}  // namespace closelab::lab
