#pragma once

#include <functional>
#include <vector>

#include "server/lab/audit/client.h"
#include "server/lab/audit/grade.h"

namespace closelab::lab {

struct RunnerOptions {
  /// Clients that play at once.
  unsigned jobs = 4;
  /// How often each scenario is played at least.
  unsigned repeat = 1;
};

/// Plays the scenarios, several at once with a client each, and judges them: in their order. `done` is called for each,
/// also in their order, as soon as it and all before it are judged; by one thread at a time. The results refer to the
/// scenarios.
std::vector<Graded> run_audit(const std::vector<Scenario>& scenarios, const ClientFactory& make_client,
                              const RunnerOptions& options, const std::function<void(const Graded&)>& done);

}  // namespace closelab::lab
