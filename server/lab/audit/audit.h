#pragma once

#include "server/lab/audit/audit_settings.h"

namespace closelab::lab {

/// Grades a client and prints its card; returns the exit code. Throws UsageError for a scenario, a driver or a file of
/// --expect that can't be understood. Must be called without threads.
int audit(const AuditSettings& settings);

}  // namespace closelab::lab
