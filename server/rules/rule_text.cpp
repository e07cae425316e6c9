#include "server/rules/rule_text.h"

#include <algorithm>

#include "server/rules/rule_check.h"
#include "server/text/printable.h"
#include "server/text/spelling.h"

namespace closelab {
namespace server {
namespace {

using enum RuleKey::Role;

std::vector<std::string_view> names_of(const std::vector<RuleKey>& keys) {
  std::vector<std::string_view> names;
  for (const RuleKey& key : keys) names.push_back(key.name);
  return names;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view between) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : std::string(between)) + std::string(word);
  return text;
}

std::size_t index_of(std::span<const RuleEntries::value_type> entries, std::string_view key) {
  const auto found = std::ranges::find(entries, key, &RuleEntries::value_type::first);
  return static_cast<std::size_t>(found - entries.begin());
}

ParsedRule refused_rule(std::string error, std::optional<std::size_t> entry = std::nullopt) {
  return {.value = {}, .error = std::move(error), .entry = entry};
}

/// Takes one entry; returns what is wrong with it.
std::string take(Rule& rule, std::string_view name, std::string_view value) {
  const RuleKey* key = find_rule_key(name);
  if (key == nullptr)
    return unknown_word("rule key", name, names_of(rule_schema()), "the keys are " + rule_key_names());
  const std::string error = key->set(rule, value);
  return error.empty() ? "" : std::string(name) + ": " + error;
}

/// The keys of the actions among the entries.
std::vector<std::string_view> actions_in(std::span<const RuleEntries::value_type> entries) {
  std::vector<std::string_view> actions;
  for (const auto& [name, value] : entries)
    if (find_rule_key(name)->role == action) actions.push_back(name);
  return actions;
}

/// What is wrong when there is not exactly one action.
std::string action_count_error(const std::vector<std::string_view>& actions) {
  if (actions.size() == 1) return "";
  std::vector<std::string_view> known;
  for (const RuleKey& key : rule_schema())
    if (key.role == action) known.push_back(key.name);
  return "a rule has exactly one of " + joined(known, ", ") + ", and this one has " +
         (actions.empty() ? "none" : joined(actions, " and "));
}

}  // namespace

std::string rule_key_names() { return joined(names_of(rule_schema()), ", "); }

At default_moment(const Action& action) {
  if (std::holds_alternative<CloseAction>(action)) return At::after_response;
  const bool holds = std::holds_alternative<DelayAction>(action) || std::holds_alternative<StallAction>(action);
  return holds ? At::before_response : At::response_headers;
}

ParsedRule parse_rule(std::span<const RuleEntries::value_type> entries) {
  Rule rule;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [name, value] = entries[i];
    if (index_of(entries, name) < i) return refused_rule(quoted(name) + " is given twice", i);
    std::string error = take(rule, name, value);
    if (!error.empty()) return refused_rule(std::move(error), i);
  }
  std::string error = action_count_error(actions_in(entries));
  if (!error.empty()) return refused_rule(std::move(error));
  if (index_of(entries, "at") == entries.size()) rule.at.at = default_moment(rule.action);
  if (const auto fault = find_error(rule)) return refused_rule(error_of(rule), index_of(entries, fault->key));
  return {.value = std::move(rule), .error = "", .entry = std::nullopt};
}

ParsedRule parse_rule(std::string_view line) {
  RuleEntries entries;
  while (!line.empty()) {
    const std::string_view entry = line.substr(0, line.find(','));
    line.remove_prefix(std::min(entry.size() + 1, line.size()));
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos)
      return refused_rule(quoted(entry) + " has no \"=\"; write key=value,key=value...");
    entries.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return parse_rule(entries);
}

RuleEntries format_rule(const Rule& rule) {
  RuleEntries entries;
  for (const RuleKey& key : rule_schema())
    if (auto value = key.get(rule)) entries.emplace_back(key.name, std::move(*value));
  return entries;
}

std::string describe_action(const Action& action) {
  Rule rule;
  rule.action = action;
  for (const RuleKey& key : rule_schema()) {
    const auto value = key.role == RuleKey::Role::action ? key.get(rule) : std::nullopt;
    if (value) return std::string(key.name) + (key.kind == ValueKind::on_off ? "" : ' ' + *value);
  }
  return "";
}

std::string describe_act(const Rule& rule) { return describe_action(rule.action) + " at " + to_string(rule.at); }

}  // namespace server

std::string describe(const Rule& rule) {
  std::string text = server::describe_act(rule);
  for (const server::RuleKey& key : server::rule_schema()) {
    const auto value =
        key.role == server::RuleKey::Role::place || key.name == "probability" ? key.get(rule) : std::nullopt;
    if (value) text += ", " + std::string(key.name) + ' ' + server::printable(*value);
  }
  if (rule.times == 1U) return text + ", once";
  return rule.times ? text + ", at most " + std::to_string(*rule.times) + " times" : text;
}

}  // namespace closelab
