#pragma once

#include <string>

#include "closelab/endpoint.h"
#include "tests/conformance/vector.h"

namespace closelab::conformance {

/// How the bytes of a vector are sent: all up to the next reply at once, or one by one.
enum class Pace { whole, byte_by_byte };

/// What a vector came to.
struct Outcome {
  /// Empty when all was as it must be.
  std::string problem;
  /// What the server sent, without what was read as replies before the problem.
  std::string rest;
};

/// Plays a vector against a server whose handler answers every path with what it understood: `METHOD TARGET`, and
/// after a space the body, if there is one. The server must do exactly what the vector says.
Outcome play(const Vector& vector, const Endpoint& server, Pace pace);

}  // namespace closelab::conformance
