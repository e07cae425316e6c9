// The query of a request: its parameters, and the options among them.

#include "server/lab/serve/query_options.h"
#include "server/lab/settings/query.h"
#include "server/rules/rule_text.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {
namespace {

using namespace lab;

/// Every byte as %XX.
std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += {'%', digits[byte / 16], digits[byte % 16]};
  }
  return result;
}

void try_parameters(std::string_view input) {
  const auto parameters = parse_query(input);
  if (!parameters) return expect_error_text(parameters.error);
  std::string query;
  for (const auto& [name, value] : parameters.value) query += '&' + encoded(name) + '=' + encoded(value);
  expect(parse_query(query).value == parameters.value, "parameters that are encoded are decoded as the same");
}

void try_knobs(std::string_view input) {
  const auto query = parse_query_options(input);
  if (!query) return expect_error_text(query.error);
  Request request;
  request.query = input;
  const std::vector<Rule> rules = rules_from_query(request);
  expect(rules.empty() == !query.value.rule, "a query has a rule or it has none");
  if (rules.empty()) return;
  expect(error_of(rules[0]).empty(), "a rule that is read makes sense");
  const server::ParsedRule again = server::parse_rule(server::format_rule(rules[0]));
  expect(again && again.value == rules[0], "a rule that is written is read as the same rule");
}

}  // namespace

void try_input(std::string_view input) {
  try_parameters(input);
  try_knobs(input);
}

}  // namespace closelab::fuzz
