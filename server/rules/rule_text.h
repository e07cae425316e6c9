#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "closelab/rule.h"
#include "server/rules/rule_schema.h"

/// Rules as text, and back.
namespace closelab::server {

/// `connection, request, path...`
std::string rule_key_names();

/// Where an action without `at` acts: `close` after_response, `truncate` and `slow` response_headers, `expect` expect,
/// the others before_response.
At default_moment(const Action& action);

/// Keys and values, as they are written.
using RuleEntries = std::vector<std::pair<std::string, std::string>>;

/// What reading a rule gave.
struct ParsedRule {
  Rule value;
  /// Names the key; empty when nothing is wrong.
  std::string error;
  /// The entry that is wrong, by its place; unset when what is wrong is what they are together.
  std::optional<std::size_t> entry;

  explicit operator bool() const { return error.empty(); }
};

/// Reads a rule from its entries, in any order, and checks that it makes sense (error_of). Keys that not everybody may
/// use are refused to everybody, and not named to them either.
ParsedRule parse_rule(std::span<const RuleEntries::value_type> entries,
                      RuleKey::Reach reach = RuleKey::Reach::operators);
/// The same from a line: `at=response_body:100,close=abortive,connection=1`. A value can't hold a comma there.
ParsedRule parse_rule(std::string_view line);

/// The entries that read back as this rule.
RuleEntries format_rule(const Rule& rule);

/// `close abortive`, `stall`.
std::string describe_action(const Action& action);

/// What a rule does and when, but not where: `close abortive at response_body:100`.
std::string describe_act(const Rule& rule);

}  // namespace closelab::server
