#pragma once

#include <latch>
#include <memory>
#include <vector>

#include "closelab/server.h"
#include "tests/faults/visit.h"

namespace closelab::faults {

/// What became of all fields of the matrix, played at the same time on one server.
struct Played {
  std::vector<std::unique_ptr<Visit>> visits;
  /// The records of the visits, in their order.
  std::vector<ConnectionRecord> records;
  Endpoint server;
  /// When the server began to accept, and to stop.
  WallClock::time_point opened_at;
  WallClock::time_point stopped_at;
  StopReport stop;
  /// What went wrong outside of any field.
  std::vector<std::string> failures;
};

Played play_all_cells();

}  // namespace closelab::faults
