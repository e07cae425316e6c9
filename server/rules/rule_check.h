#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "closelab/rule.h"

namespace closelab::server {

/// Why a rule makes no sense, and the key that would have to change.
struct RuleError {
  std::string_view key;
  /// Goes on from the key: `makes no sense at accept: no request has come yet`.
  std::string why;
};

/// The first fault of the rule, if it has one.
std::optional<RuleError> find_error(const Rule& rule);

/// The same of what the rule says, and whether it can be said at its moment.
std::optional<RuleError> find_fault_of_saying(const Rule& rule);

}  // namespace closelab::server
