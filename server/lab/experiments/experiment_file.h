#pragma once

#include <string>
#include <string_view>

#include "server/lab/experiments/experiment.h"

namespace closelab::lab {

/// Reads an experiment. Throws UsageError that lists everything wrong with the text, each as `FILE:LINE:COLUMN: what`.
Experiment parse_experiment(std::string_view toml, const std::string& file);

/// The same, read from the file.
Experiment read_experiment(const std::string& file);

}  // namespace closelab::lab
