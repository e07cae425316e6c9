#include "server/lab/admin/json_body.h"

#include <fmt/format.h>

#include <set>

#include "server/lab/admin/reply.h"
#include "server/rules/rule_text.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using server::RuleKey;
using server::ValueKind;

/// What the parser says after the position that it counts in lines and columns.
std::string_view complaint(std::string_view what) {
  const std::size_t column = what.find("column");
  const std::size_t colon = what.find(": ", column);
  return column == std::string_view::npos || colon == std::string_view::npos ? what : what.substr(colon + 2);
}

/// Deeper than anything that the admin port takes, and shallow enough to be written again: nlohmann does that by
/// recursion, so that a body of nothing but brackets would overflow the stack.
constexpr int deepest = 32;

/// Throws Refusal for what nlohmann's parser lets pass: nesting without end, and a key that an open object has already,
/// of which it keeps the last one silently.
class Strictness {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth >= deepest && (event == Event::array_start || event == Event::object_start))
      throw Refusal(400, fmt::format("the body is nested more than {} deep", deepest));
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key) add_key(parsed.get<std::string>());
    return true;
  }

 private:
  void add_key(const std::string& key) {
    if (!open_.back().insert(key).second)
      throw Refusal(400, fmt::format("the key {} is there twice in one object", server::quoted(key)));
  }

  std::vector<std::set<std::string>> open_;
};

std::string expected_type(const RuleKey& key) {
  switch (key.kind) {
    case ValueKind::on:
      return "true, or is left out";
    case ValueKind::on_off:
      return "true or false";
    case ValueKind::number:
      return "a whole number";
    case ValueKind::fraction:
      return "a number";
    case ValueKind::text:
      return fmt::format("a string ({})", key.placeholder);
  }
  return "";
}

bool has_type(const Json& value, ValueKind kind) {
  switch (kind) {
    case ValueKind::on:
    case ValueKind::on_off:
      return value.is_boolean();
    case ValueKind::number:
      return value.is_number_integer();
    case ValueKind::fraction:
      return value.is_number();
    case ValueKind::text:
      return value.is_string();
  }
  return false;
}

/// The value as a rule's text has it.
std::string entry_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  return value.dump();
}

}  // namespace

Json parse_json_body(std::string_view body) {
  Strictness strictness;
  try {
    return Json::parse(body, std::ref(strictness));
  } catch (const Json::parse_error& error) {
    throw Refusal(400, fmt::format("the body is not JSON: at byte {}: {}", error.byte, complaint(error.what())),
                  object({{"byte", error.byte}}));
  } catch (const Json::out_of_range& error) {
    throw Refusal(400, fmt::format("the body has a number that is too large: {}", complaint(error.what())));
  }
}

void expect_no_content(std::string_view body, const std::vector<std::string_view>& parameters) {
  if (body.empty() || parse_json_body(body) == Json::object()) return;
  const std::string query = parameters.empty() ? "" : fmt::format("; its query takes {}", fmt::join(parameters, ", "));
  throw Refusal(400, fmt::format("the body has to be empty or {{}}: this command takes nothing from it{}", query));
}

Rule rule_from_json(const Json& json, std::string_view where) {
  if (!json.is_object())
    throw Refusal(400, fmt::format("{}: a rule is an object such as {{\"close\":\"abortive\"}}", where));
  server::RuleEntries entries;
  for (const auto& [name, value] : json.items()) {
    const RuleKey* key = server::find_rule_key(name);
    const bool is_open = key != nullptr && key->reach == RuleKey::Reach::everybody;
    if (is_open && !has_type(value, key->kind))
      throw Refusal(400, fmt::format("{}: {} wants {}", where, name, expected_type(*key)));
    entries.emplace_back(name, entry_text(value));
  }
  const server::ParsedRule parsed = server::parse_rule(entries, RuleKey::Reach::everybody);
  if (!parsed) throw Refusal(400, fmt::format("{}: {}", where, parsed.error));
  return parsed.value;
}

std::vector<Rule> rules_from_json(const Json& json) {
  if (!json.is_array()) throw Refusal(400, "the body has to be an array of rules, such as [{\"close\":\"abortive\"}]");
  std::vector<Rule> rules;
  for (const Json& rule : json)
    rules.push_back(rule_from_json(rule, fmt::format("rule {} of the array", rules.size() + 1)));
  return rules;
}

}  // namespace closelab::lab
