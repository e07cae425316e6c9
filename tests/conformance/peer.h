#pragma once

#include <string>

#include "closelab/endpoint.h"
#include "tests/conformance/vector.h"

namespace closelab::conformance {

/// Plays a vector against any server, of which no more is known than that it answers: empty when it did what the vector
/// says, or one of its alternatives, else what it did: `200 kept`. Any answer of a handler counts as 200.
std::string play_against_peer(const Vector& vector, const Endpoint& server);

}  // namespace closelab::conformance
