#pragma once

#include <vector>

#include "server/lab/about/completions.h"

namespace closelab::lab {

/// Every command, from the lists that the flags and their help are made of.
std::vector<CompletedCommand> completed_commands();

}  // namespace closelab::lab
