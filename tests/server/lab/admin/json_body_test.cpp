#include "server/lab/admin/json_body.h"

#include <doctest/doctest.h>

#include "server/lab/admin/reply.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Refusal& refusal) {
    CHECK(refusal.status() == 400);
    return refusal.what();
  }
  return "";
}

TEST_CASE("a body that is not JSON is refused with the byte") {
  struct Case {
    const char* body;
    int byte;
  };
  const Case cases[] = {
      {"", 1}, {"[{]", 3}, {"{} x", 4}, {"[1,]", 4}, {"{'a':1}", 2}, {"[1] // no", 5}, {"\"\xff\"", 2}, {"nul", 4},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    try {
      parse_json_body(c.body);
      FAIL("accepted");
    } catch (const Refusal& refusal) {
      CHECK(refusal.status() == 400);
      CHECK(refusal.details()["byte"] == c.byte);
      const std::string prefix = "the body is not JSON: at byte " + std::to_string(c.byte) + ": ";
      CHECK(std::string(refusal.what()).starts_with(prefix));
    }
  }
  CHECK(error_of([] { parse_json_body("[1e999]"); }).starts_with("the body has a number that is too large"));
}

TEST_CASE("a key that is there twice is refused, at any depth") {
  for (const char* body : {R"({"a":1,"a":2})", R"([{"a":{"b":1,"b":1}}])", R"({"a":{},"b":1,"a":2})"}) {
    CAPTURE(body);
    CHECK(error_of([&] { parse_json_body(body); }).ends_with("is there twice in one object"));
  }
  CHECK(parse_json_body(R"([{"a":1},{"a":1,"b":{"a":1}}])").size() == 2);
}

TEST_CASE("what is nested too deeply is refused before anything recurses into it") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json_body(nested(32)).size() == 1);
  for (const std::size_t depth : {33U, 1'000'000U})
    CHECK(error_of([&] { parse_json_body(nested(depth)); }) == "the body is nested more than 32 deep");
  CHECK(error_of([&] { rules_from_json(parse_json_body("[{\"x\":" + nested(1'000'000) + "}]")); }) != "");
}

TEST_CASE("a command takes nothing") {
  for (const char* body : {"", "{}", " { } "}) CHECK(error_of([&] { expect_no_content(body); }) == "");
  for (const char* body : {"[]", "null", R"({"mode":"abortive"})", "x"}) {
    CAPTURE(body);
    CHECK(error_of([&] { expect_no_content(body); }) != "");
  }
}

TEST_CASE("rules are read from objects with the conf file's keys, and written as such") {
  const char* body = R"([
    {"connection":1,"request":2,"at":"response_body:100","close":"abortive","times":1},
    {"path":"/bytes/*","at":"idle:2s","stall":true},
    {"delay":"200ms","probability":0.5},
    {"slow":"10/100ms"}
  ])";
  const std::vector<Rule> rules = rules_from_json(parse_json_body(body));
  REQUIRE(rules.size() == 4);
  CHECK(rules[0] == at_response_body(100).close(CloseMode::abortive).on_connection(1).on_request(2).once());
  CHECK(rules[1] == at_idle(2s).stall().on_path("/bytes/*"));
  CHECK(rules[2] == at(At::before_response).delay(200ms).with_probability(0.5));
  Json written = Json::array();
  for (const Rule& rule : rules) written.push_back(to_json(rule));
  CHECK(rules_from_json(written) == rules);
  CHECK(written[0]["connection"] == 1);
  CHECK(written[1]["stall"] == true);
  CHECK(written[2]["probability"] == 0.5);
}

TEST_CASE("what is wrong with a rule is said with its index and key") {
  struct Case {
    const char* body;
    const char* error;
  };
  const Case cases[] = {
      {R"({"close":"abortive"})", "the body has to be an array of rules, such as [{\"close\":\"abortive\"}]"},
      {R"([{"close":"abortive"},"close"])",
       "rule 2 of the array: a rule is an object such as {\"close\":\"abortive\"}"},
      {R"([{"connection":"1","close":"abortive"}])", "rule 1 of the array: connection wants a whole number"},
      {R"([{"connection":1.5,"close":"abortive"}])", "rule 1 of the array: connection wants a whole number"},
      {R"([{"stall":"on"}])", "rule 1 of the array: stall wants true, or is left out"},
      {R"([{"close":null}])", "rule 1 of the array: close wants a string (MODE)"},
      {R"([{"delay":"1s","probability":"1"}])", "rule 1 of the array: probability wants a number"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    CHECK(error_of([&] { rules_from_json(parse_json_body(c.body)); }) == c.error);
  }
  // The texts of these are those of the conf file (rule_text_test.cpp).
  for (const char* body :
       {R"([{"close":"abortive"},{"close":"gentle"}])", R"([{"close":"abortive"},{"clsoe":"abortive"}])",
        R"([{"close":"abortive"},{"close":"abortive","connection":-1}])", R"([{"close":"abortive"},{}])"}) {
    CAPTURE(body);
    CHECK(error_of([&] { rules_from_json(parse_json_body(body)); }).starts_with("rule 2 of the array: "));
  }
}

}  // namespace
}  // namespace closelab::lab
