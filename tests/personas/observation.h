#pragma once

#include <string>

namespace closelab::persona_test {

/// What a client and the kernel saw of one connection, in words that can be compared.
struct Observation {
  /// Status of each response, `(cut)` after one that is not complete; `none`.
  std::string answers;
  /// Connection and Keep-Alive fields of the last response.
  std::string persistence;
  /// How the server ended it: `FIN`, `RST` (also one after the FIN), or `open`: the client closed first.
  std::string end;
  /// Who holds TIME_WAIT: `server`, `client`, `both`, `none`.
  std::string time_wait;

  friend bool operator==(const Observation&, const Observation&) = default;
};

}  // namespace closelab::persona_test
