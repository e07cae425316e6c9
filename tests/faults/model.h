#pragma once

#include "tests/faults/cell.h"
#include "tests/faults/outcome.h"

namespace closelab::faults {

/// How a field of the matrix must go.
Outcome expected(const Cell& cell);

}  // namespace closelab::faults
