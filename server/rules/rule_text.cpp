#include "server/rules/rule_text.h"

#include <algorithm>

#include "server/rules/rule_check.h"
#include "server/text/printable.h"
#include "server/text/spelling.h"

namespace closelab {
namespace server {
namespace {

using enum RuleKey::Role;

bool is_open_to(RuleKey::Reach reach, const RuleKey& key) {
  return key.reach == RuleKey::Reach::everybody || reach == RuleKey::Reach::operators;
}

std::vector<std::string_view> names_for(RuleKey::Reach reach) {
  std::vector<std::string_view> names;
  for (const RuleKey& key : rule_schema())
    if (is_open_to(reach, key)) names.push_back(key.name);
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
std::string take(Rule& rule, std::string_view name, std::string_view value, RuleKey::Reach reach) {
  const RuleKey* key = find_rule_key(name);
  if (key == nullptr) {
    const std::vector<std::string_view> names = names_for(reach);
    return unknown_word("rule key", name, names, "the keys are " + joined(names, ", "));
  }
  if (!is_open_to(reach, *key)) return std::string(name) + " goes into a conf file or --rule alone: it reads a file";
  const std::string error = key->set(rule, value);
  return error.empty() ? "" : std::string(name) + ": " + error;
}

/// The keys of the actions among the entries.
std::vector<std::string_view> actions_in(std::span<const RuleEntries::value_type> entries) {
  std::vector<std::string_view> actions;
  for (const auto& [name, value] : entries) {
    const RuleKey* key = find_rule_key(name);
    if (key != nullptr && key->role == action) actions.push_back(name);
  }
  return actions;
}

bool contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// `close` after what is said, and `announce` before a close or in an answer, are no second action.
void drop_companions(std::vector<std::string_view>& actions) {
  const bool answers = contains(actions, "answer");
  if (answers || contains(actions, "close")) std::erase(actions, "announce");
  if (answers || contains(actions, "send") || contains(actions, "send_file")) std::erase(actions, "close");
}

/// What is wrong when there is not exactly one action.
std::string action_count_error(std::vector<std::string_view> actions, RuleKey::Reach reach) {
  drop_companions(actions);
  if (actions.size() == 1) return "";
  std::vector<std::string_view> known;
  for (const RuleKey& key : rule_schema())
    if (key.role == action && is_open_to(reach, key)) known.push_back(key.name);
  return "a rule has exactly one of " + joined(known, ", ") + ", and this one has " +
         (actions.empty() ? "none" : joined(actions, " and "));
}

/// In which turn an entry is taken: what goes with an action comes after it.
int turn_of(std::string_view name) {
  if (name == "close") return 1;
  if (name == "announce") return 2;
  const RuleKey* key = find_rule_key(name);
  return key != nullptr && key->role == detail ? 3 : 0;
}

/// Takes every entry, those that depend on others after them.
ParsedRule take_all(std::span<const RuleEntries::value_type> entries, RuleKey::Reach reach) {
  Rule rule;
  if (actions_in(entries) == std::vector<std::string_view>{"announce"}) rule.action = AnnounceAction{};
  for (int turn = 0; turn <= 3; ++turn) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& [name, value] = entries[i];
      if (turn_of(name) != turn) continue;
      if (index_of(entries, name) < i) return refused_rule(quoted(name) + " is given twice", i);
      std::string error = take(rule, name, value, reach);
      if (!error.empty()) return refused_rule(std::move(error), i);
    }
  }
  return {.value = std::move(rule), .error = "", .entry = std::nullopt};
}

/// The rule has an error.
ParsedRule faulty(const Rule& rule, std::span<const RuleEntries::value_type> entries) {
  const std::size_t wrong = index_of(entries, find_error(rule)->key);
  return refused_rule(error_of(rule), wrong < entries.size() ? std::optional(wrong) : std::nullopt);
}

/// `final:STATUS` has become an answer, which other moments would suit, too; whoever wrote it has written `expect`.
Rule bare_expect(const Trigger& at) {
  Rule rule;
  rule.at = at;
  return rule.expect({});
}

/// One key of an action; bytes are too many to be shown.
std::string in_words(const RuleKey& key, const std::string& value, const Action& action) {
  const auto* send = std::get_if<SendAction>(&action);
  if (send != nullptr && key.name == "send") return "send " + counted(send->bytes.size(), "byte");
  return std::string(key.name) + (is_switch(key.kind) && value == "on" ? "" : ' ' + printable(value));
}

}  // namespace

std::string rule_key_names() { return joined(names_for(RuleKey::Reach::operators), ", "); }

At default_moment(const Action& action) {
  if (std::holds_alternative<CloseAction>(action)) return At::after_response;
  if (std::holds_alternative<ExpectAction>(action)) return At::expect;
  const bool shapes_body = std::holds_alternative<TruncateAction>(action) || std::holds_alternative<SlowAction>(action);
  return shapes_body ? At::response_headers : At::before_response;
}

ParsedRule parse_rule(std::span<const RuleEntries::value_type> entries, RuleKey::Reach reach) {
  ParsedRule parsed = take_all(entries, reach);
  if (!parsed) return parsed;
  Rule& rule = parsed.value;
  std::string error = action_count_error(actions_in(entries), reach);
  if (!error.empty()) return refused_rule(std::move(error));
  const bool for_expect = index_of(entries, "expect") != entries.size();
  if (index_of(entries, "at") == entries.size()) rule.at.at = for_expect ? At::expect : default_moment(rule.action);
  if (const Rule bare = bare_expect(rule.at); for_expect && find_error(bare)) return faulty(bare, entries);
  return find_error(rule) ? faulty(rule, entries) : std::move(parsed);
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
  std::vector<std::string> parts;
  for (const RuleKey& key : rule_schema()) {
    const bool says_what = key.role == RuleKey::Role::action || key.name == "read_body" || key.name == "count";
    const auto value = says_what ? key.get(rule) : std::nullopt;
    if (value) parts.push_back(in_words(key, *value, action));
  }
  // What ends the connection after something else comes later here, too.
  const bool ends_behind = parts.size() > 1 && !std::holds_alternative<CloseAction>(action);
  if (ends_behind && parts.front().starts_with("close ")) std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string describe_act(const Rule& rule) { return describe_action(rule.action) + " at " + to_string(rule.at); }

}  // namespace server

std::string describe(const Rule& rule) {
  std::string text = server::describe_act(rule);
  for (const server::RuleKey& key : server::rule_schema()) {
    const bool is_told =
        key.role == server::RuleKey::Role::place || key.name == "idle_at_least" || key.name == "probability";
    const auto value = is_told ? key.get(rule) : std::nullopt;
    if (value) text += ", " + std::string(key.name) + ' ' + server::printable(*value);
  }
  if (rule.times == 1U) return text + ", once";
  return rule.times ? text + ", at most " + std::to_string(*rule.times) + " times" : text;
}

}  // namespace closelab
