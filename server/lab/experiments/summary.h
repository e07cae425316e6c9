#pragma once

#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "server/text/text_layout.h"

namespace closelab::lab {

/// The end of a report, on one screen: a line for each claim that the experiments are about and for each experiment
/// that is about none, what was not shown and why, and what came out otherwise than its file says.
std::string summary(const std::vector<ExperimentResult>& results, const server::TextLayout& layout);

}  // namespace closelab::lab
