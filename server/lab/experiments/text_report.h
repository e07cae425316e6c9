#pragma once

#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "server/text/text_layout.h"

namespace closelab::lab {

// What comes from a file is made printable.

/// One experiment: the claim, each case with its ladder and what was seen, and the conclusion.
std::string text_report(const ExperimentResult& result, const server::TextLayout& layout);

/// Each claim of the textbook, what the experiments conclude about it, and which they are.
std::string claims_table(const std::vector<ExperimentResult>& results, const server::TextLayout& layout);

/// A line for each experiment.
std::string experiment_list(const std::vector<Experiment>& experiments, const server::TextLayout& layout);

/// The text in the conclusion's color.
std::string in_color(Conclusion conclusion, std::string_view text, server::TextStyle style);

}  // namespace closelab::lab
