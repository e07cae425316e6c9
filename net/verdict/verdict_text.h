#pragma once

#include <string>

#include "closelab/verdict.h"

namespace closelab::net {

/// The clauses of describe(Verdict), which joins them with semicolons; what there is nothing to say of is empty.
struct VerdictClauses {
  std::string closed_first;  ///< `the server closed first, by FIN`
  std::string consequences;  ///< `then the client's RST`
  std::string time_wait;     ///< `TIME_WAIT: server, 59.8 s left`
};

VerdictClauses clauses_of(const Verdict& verdict);

/// The clauses that say something, joined with semicolons.
std::string joined(std::initializer_list<std::string> clauses);

}  // namespace closelab::net
