// The body of a request to the admin port: JSON, and the rules in it.

#include <fmt/format.h>

#include "server/lab/admin/json_body.h"
#include "server/lab/admin/reply.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {
namespace {

using namespace lab;

/// Calls `act`; false when it was refused, which has to be with 400 and a reason that can be sent.
template <class Act>
bool accepted(Act act) {
  try {
    act();
    return true;
  } catch (const Refusal& refusal) {
    expect(refusal.status() == 400, "a body that is wrong is answered 400");
    expect(!error_reply(refusal).body.empty(), "a refusal can be sent");
    return false;
  }
}

void try_rules(const Json& json) {
  std::vector<Rule> rules;
  if (!accepted([&] { rules = rules_from_json(json); })) return;
  Json written = Json::array();
  for (const Rule& rule : rules) written.push_back(to_json(rule));
  expect(rules_from_json(parse_json_body(json_line(written))) == rules, "rules that are written are read as the same");
}

}  // namespace

void try_input(std::string_view input) {
  accepted([&] { expect_no_content(input); });
  Json json;
  if (!accepted([&] { json = parse_json_body(input); })) return;
  const std::string line = json_line(json);
  expect(json_line(parse_json_body(line)) == line, "JSON that is written is read as the same");
  accepted([&] { rule_from_json(json, "the rule"); });
  try_rules(json);
}

}  // namespace closelab::fuzz
