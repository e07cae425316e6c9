#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/rule.h"
#include "server/rules/value_kind.h"
#include "server/text/quantity.h"

/// The keys of a rule: `[[rule]]` tables, --rule, query options and the admin port share them.
namespace closelab::server {

/// One key of a rule.
struct RuleKey {
  /// What the key says of the rule. A rule has exactly one action, which may have details; `close` goes with some
  /// others, and `announce` with a close or an answer.
  enum class Role : std::uint8_t { place, moment, action, detail, limit };
  /// Who may use it.
  enum class Reach : std::uint8_t {
    everybody,
    operators,  ///< who starts the server: it names a file, which nobody must get to read through a port
  };

  std::string_view name;
  Role role;
  ValueKind kind;
  /// What stands for the value in help: `DURATION`.
  std::string_view placeholder;
  std::string_view help;
  /// Reads the value into the rule; returns what is wrong with the text, empty when nothing is.
  std::string (*set)(Rule&, std::string_view);
  /// The value as `set` reads it; nothing when the rule has none, or has what is so without the key.
  std::optional<std::string> (*get)(const Rule&);
  Reach reach = Reach::everybody;
};

/// Every key, in the order in which a rule is printed.
const std::vector<RuleKey>& rule_schema();

/// Those of what rules say: answer, send, interim, expect, announce, and their details.
std::vector<RuleKey> saying_keys();

/// Null when no key has that name.
const RuleKey* find_rule_key(std::string_view name);

/// A moment as it is written: `accept`, `response_body:100`, `idle:2s`.
Parsed<Trigger> parse_trigger(std::string_view text);

/// Bytes every so often: `10/100ms`.
Parsed<SlowAction> parse_pace(std::string_view text);

}  // namespace closelab::server
