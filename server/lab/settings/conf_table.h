#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Reads a TOML table that holds what a conf file holds, `[[rule]]` included, over the settings given. Returns
/// everything that is wrong with it, each as `FILE:LINE:COLUMN: what`.
std::vector<std::string> read_table(const toml::table& table, const std::string& file, Settings& settings);

}  // namespace closelab::lab
