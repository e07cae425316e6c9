#include "server/lab/admin/json_body.h"

#include <fmt/format.h>

#include <set>

#include "server/lab/admin/reply.h"
#include "server/nearest.h"
#include "server/rule_text.h"

namespace closelab::lab {
namespace {

using server::RuleKey;
using server::ValueKind;

/// What the parser says behind the position that it counts in lines and columns.
std::string_view complaint(std::string_view what) {
  const std::size_t column = what.find("column");
  const std::size_t colon = what.find(": ", column);
  return column == std::string_view::npos || colon == std::string_view::npos ? what : what.substr(colon + 2);
}

/// Throws when an object that is open has the key already. nlohmann's parser keeps the last one silently.
class UniqueKeys {
 public:
  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second)
      throw Refusal(400,
                    fmt::format("the key {} is there twice in one object", server::quoted(parsed.get<std::string>())));
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

std::string_view expected_type(ValueKind kind) {
  switch (kind) {
    case ValueKind::on_off:
      return "true or false";
    case ValueKind::number:
      return "a whole number";
    case ValueKind::fraction:
      return "a number";
    case ValueKind::text:
      return "a string";
  }
  return "";
}

bool has_type(const Json& value, ValueKind kind) {
  switch (kind) {
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
  UniqueKeys unique_keys;
  try {
    return Json::parse(body, std::ref(unique_keys));
  } catch (const Json::parse_error& error) {
    throw Refusal(400, fmt::format("the body is not JSON: at byte {}: {}", error.byte, complaint(error.what())),
                  {{"byte", error.byte}});
  } catch (const Json::out_of_range& error) {
    throw Refusal(400, fmt::format("the body has a number that is too large: {}", complaint(error.what())));
  }
}

void expect_no_content(std::string_view body) {
  if (body.empty() || parse_json_body(body) == Json::object()) return;
  throw Refusal(400, "this command takes nothing: its body is empty or {}");
}

Rule rule_from_json(const Json& json, std::string_view where) {
  if (!json.is_object())
    throw Refusal(400, fmt::format("{}: a rule is an object such as {{\"close\":\"abortive\"}}", where));
  server::RuleEntries entries;
  for (const auto& [name, value] : json.items()) {
    const RuleKey* key = server::find_rule_key(name);
    if (key != nullptr && !has_type(value, key->kind))
      throw Refusal(400, fmt::format("{}: {} wants {}", where, name, expected_type(key->kind)));
    entries.emplace_back(name, entry_text(value));
  }
  const server::ParsedRule parsed = server::parse_rule(entries);
  if (!parsed) throw Refusal(400, fmt::format("{}: {}", where, parsed.error));
  return parsed.value;
}

std::vector<Rule> rules_from_json(const Json& json) {
  if (!json.is_array()) throw Refusal(400, "the body has to be an array of rules, such as [{\"close\":\"abortive\"}]");
  std::vector<Rule> rules;
  for (const Json& rule : json) rules.push_back(rule_from_json(rule, fmt::format("rule {}", rules.size())));
  return rules;
}

}  // namespace closelab::lab
