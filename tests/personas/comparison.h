#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/personas/observation.h"

namespace closelab::persona_test {

/// What was seen in each round of one situation.
using Seen = std::vector<Observation>;

/// One situation with the real server and with its persona.
struct Pair {
  std::string situation;
  Seen real;
  Seen persona;
};

/// Prints the pairs side by side; returns how many differ without being known to. What counts is what was seen most
/// often: on a busy machine one connection in some thousands loses its TIME_WAIT.
std::size_t compare(std::ostream& out, const std::string& server, const std::vector<Pair>& pairs);

}  // namespace closelab::persona_test
