#pragma once

#include <vector>

#include "closelab/rule.h"
#include "server/lab/audit/played.h"

namespace closelab::lab {

/// Holds what the client in front of a proxy saw of each step against what the server's records say of it. An error of
/// the proxy's own becomes its word for an error. `rules` are the server's, which alone know that an answer's end was
/// to be that of its connection. Pure.
void tell_passages(const std::vector<Rule>& rules, Played& played);

}  // namespace closelab::lab
