#pragma once

#include <cstddef>
#include <optional>

#include "tests/faults/cell.h"
#include "tests/faults/outcome.h"

namespace closelab::faults {

/// How a field of the matrix must go; none: its rule must be refused.
std::optional<Outcome> expected(const Cell& cell);

/// How much of Outcome::wire the client waits for before it sends its second request.
std::size_t awaited_before_second_request(const Cell& cell);

}  // namespace closelab::faults
