#pragma once

#include <string>
#include <vector>

#include "server/lab/audit/expected_grades.h"
#include "server/lab/audit/grade.h"
#include "server/lab/experiments/run_facts.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// An audit that is over.
struct AuditRun {
  /// What was audited, as it was given: `curl -sS`.
  std::string client{};
  /// What it calls itself; empty where it does not tell.
  std::string client_version{};
  RunFacts facts{};
  std::vector<Graded> graded{};
};

/// The whole audit as one object, for programs and for the page that draws it; docs/audit.schema.json describes it.
Json audit_json(const AuditRun& run, const Outcome& outcome);

/// The same as JUnit's XML, a suite for each class: a failed scenario is a failure, one that the audit could not play
/// an error, and one that was not exercised or is nothing for this client is skipped.
std::string junit_xml(const AuditRun& run);

}  // namespace closelab::lab
