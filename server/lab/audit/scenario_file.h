#pragma once

#include <string>
#include <string_view>

#include "server/lab/audit/scenario.h"

namespace closelab::lab {

/// Reads a scenario from TOML; `file` is its name. Throws UsageError that lists everything that is wrong with it, each
/// as `FILE:LINE:COLUMN: what`.
Scenario parse_scenario(std::string_view toml, const std::string& file);

/// The same, read from the file.
Scenario read_scenario(const std::string& file);

}  // namespace closelab::lab
