#pragma once

#include <memory>
#include <string>

#include "closelab/witness.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// What verdicts rest on beside the server's own sockets and the kernel's table.
struct ChosenWitness {
  /// Null: nothing.
  std::shared_ptr<Witness> witness{};
  /// Why nothing.
  std::string reason{};
};

/// As the settings ask for it. Throws std::invalid_argument when it is required and other settings make it useless,
/// std::runtime_error when it is required and not allowed here.
ChosenWitness choose_witness(const Settings& settings);

}  // namespace closelab::lab
