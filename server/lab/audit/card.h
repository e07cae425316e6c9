#pragma once

#include <string>
#include <vector>

#include "server/lab/audit/expected_grades.h"
#include "server/lab/audit/grade.h"
#include "server/text/text_layout.h"

namespace closelab::lab {

/// One line a scenario: name, class, section and title.
std::string scenario_list(const std::vector<Scenario>& scenarios);

/// `FAIL  short-length  ...`: what came of a scenario, as it is printed when it is done; below a failed MUST its
/// ladder.
std::string graded_text(const Graded& graded, const server::TextLayout& layout);

/// The card: a table of grades by class, what was not exercised and why, and the facts that matter most.
std::string card(const std::vector<Graded>& graded, const Outcome& outcome, const server::TextLayout& layout);

/// The failed ones that weigh most, then the not optimal ones: at most three.
std::vector<const Graded*> facts_that_matter(const std::vector<Graded>& graded);

}  // namespace closelab::lab
