#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "server/lab/admin/json_body.h"
#include "server/lab/admin/routes.h"

namespace closelab::lab {
namespace {

Response get_rules(const Server& lab) {
  Json rules = Json::array();
  Json unused = Json::array();
  for (const RuleStatus& status : lab.rules()) {
    rules.push_back(to_json(status));
    if (status.fired == 0) unused.push_back(status.id);
  }
  return json_reply(
      object({{"rule_seed", lab.rule_seed()}, {"unused", std::move(unused)}, {"rules", std::move(rules)}}));
}

Response put_rules(Server& lab, std::string_view body) {
  try {
    lab.set_rules(rules_from_json(parse_json_body(body)));
  } catch (const std::invalid_argument& error) {
    throw Refusal(400, error.what());
  }
  return get_rules(lab);
}

Response post_rule(Server& lab, std::string_view body) {
  try {
    const Rule rule = rule_from_json(parse_json_body(body), "the rule");
    const std::vector<RuleStatus> others = lab.rules();
    const auto equal = std::ranges::find(others, rule, &RuleStatus::rule);
    const Json same_as = equal != others.end() ? Json(equal->id) : Json();
    return json_reply(object({{"id", lab.add_rule(rule)}, {"same_as", same_as}}), 201);
  } catch (const std::invalid_argument& error) {
    throw Refusal(400, error.what());
  }
}

Response delete_rule(Server& lab, std::uint64_t id) {
  if (!lab.remove_rule(id)) throw Refusal(404, fmt::format("there is no rule {}", id));
  return get_rules(lab);
}

}  // namespace

std::vector<AdminRoute> rule_routes(Server& lab) {
  return {
      {"GET", "/rules", {}, "the rules, and how often each has acted", [&lab](const Call&) { return get_rules(lab); }},
      {"PUT",
       "/rules",
       {},
       "replaces all rules; body: [{\"close\":\"abortive\",\"at\":\"response_body:100\"}]",
       [&lab](const Call& call) { return put_rules(lab, call.request().body); }},
      {"POST",
       "/rules",
       {},
       "adds a rule; body: {\"close\":\"abortive\",\"at\":\"next_request\"}",
       [&lab](const Call& call) { return post_rule(lab, call.request().body); }},
      {"DELETE", "/rules", {}, "removes all rules", [&lab](const Call&) { return put_rules(lab, "[]"); }},
      {"DELETE", "/rules/ID", {}, "removes a rule", [&lab](const Call& call) { return delete_rule(lab, call.id); }},
  };
}

}  // namespace closelab::lab
