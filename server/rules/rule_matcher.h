#pragma once

#include <cstdint>
#include <string_view>

#include "closelab/rule.h"

namespace closelab::server {

/// Where a connection is, as far as a rule can name it.
struct Place {
  std::uint64_t connection_id = 0;
  /// The request that is under way, or was last; 0 before the first.
  std::uint64_t request_number = 0;
  /// Its path; empty before the first.
  std::string_view path;
  std::string_view method{};
};

/// Whether the rule is for this connection, request and path. Its trigger, its `times` and its probability are for
/// the caller to look at.
bool matches(const Rule& rule, const Place& place);

/// Whether a rule with that probability acts here. It follows from the arguments alone, so that a run with the same
/// seed does the same, however its threads are scheduled.
bool draws(double probability, std::uint64_t seed, std::uint64_t rule_id, std::uint64_t connection_id,
           std::uint64_t request_number);

}  // namespace closelab::server
