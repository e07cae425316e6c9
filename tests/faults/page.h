#pragma once

#include <span>
#include <string>

#include "tests/faults/outcome.h"

namespace closelab::faults {

/// docs/faults.md: the matrix, from the outcomes of the cells that are played, in their order.
std::string page(std::span<const Outcome> outcomes);

}  // namespace closelab::faults
