#include "server/lab/serve/witness.h"

#include <fmt/format.h>

#include <stdexcept>

#include "closelab/packet_witness.h"

namespace closelab::lab {

ChosenWitness choose_witness(const Settings& settings) {
  const bool required = settings.witness == WitnessChoice::require;
  if (settings.witness == WitnessChoice::off) return {nullptr, "it is switched off (witness)"};
  if (settings.options.lookups == Switch::off) {
    if (required) throw std::invalid_argument("witness = require needs lookups = on");
    return {nullptr, "lookups are switched off"};
  }
  try {
    return {packet_witness(), ""};
  } catch (const std::runtime_error& error) {
    if (required) throw std::runtime_error(fmt::format("witness = require: {}; it needs CAP_NET_RAW", error.what()));
    return {nullptr, fmt::format("{}; it needs CAP_NET_RAW", error.what())};
  }
}

}  // namespace closelab::lab
