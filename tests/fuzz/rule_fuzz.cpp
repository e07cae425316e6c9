// The text of a rule, as --rule takes it: what is read can be written, and is then read as the same rule.

#include "server/rules/rule_check.h"
#include "server/rules/rule_text.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {

void try_input(std::string_view input) {
  const server::ParsedRule parsed = server::parse_rule(input);
  if (!parsed) return expect_error_text(parsed.error);
  expect(error_of(parsed.value).empty(), "a rule that is read makes sense");
  expect_error_text(describe(parsed.value));
  const server::ParsedRule again = server::parse_rule(server::format_rule(parsed.value));
  expect(again && again.value == parsed.value, "a rule that is written is read as the same rule");
}

}  // namespace closelab::fuzz
