#pragma once

#include <string>

#include "server/lab/experiments/judge.h"

namespace closelab::lab {

/// An experiment as a section of an HTML page: the claim, the verdict with its counter-examples, why, and each case
/// with its pictures, what was expected and seen, and what the applications did.
std::string experiment_html(const ExperimentResult& result);

/// The conclusion in its colour.
std::string badge_html(Conclusion conclusion);

/// A link to the experiment's section.
std::string link_html(const Experiment& experiment);

}  // namespace closelab::lab
