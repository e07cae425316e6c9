#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/testbed/packet.h"
#include "tests/faults/outcome.h"
#include "tests/faults/played_cells.h"

namespace closelab::faults {

struct Observation {
  Outcome outcome;
  /// What client, wire and record tell differently.
  std::vector<std::string> contradictions;
};

/// How a field went, by its client, its packets and its record.
Observation observe(const Played& played, std::size_t index, std::span<const testbed::Packet> packets);

}  // namespace closelab::faults
