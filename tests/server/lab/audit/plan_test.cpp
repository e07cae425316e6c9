#include "server/lab/audit/plan.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("a plan is read step by step, empty lines aside") {
  const ParsedPlan plan = parse_plan("\nGET /bytes/10\n\n  UP /echo 100000\nSLEEP 1.5s\nLOOK\n", 7);
  CHECK(plan.errors.empty());
  REQUIRE(plan.steps.size() == 4);
  CHECK(plan.steps[0].kind == StepKind::get);
  CHECK(plan.steps[0].path == "/bytes/10");
  CHECK(plan.steps[0].line == 8);
  CHECK(plan.steps[1].number == 100000);
  CHECK(plan.steps[2].duration == std::chrono::milliseconds(1500));
  CHECK(plan.steps[3].kind == StepKind::look);
}

TEST_CASE("the client's steps and the audit's own") {
  CHECK(is_clients(StepKind::get));
  CHECK(is_clients(StepKind::cancel));
  CHECK_FALSE(is_clients(StepKind::sleep));
  CHECK_FALSE(is_clients(StepKind::exit));
}

TEST_CASE("what is wrong with a plan is told with its line") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"GTE /", "unknown step \"GTE\"; steps are GET, HEAD"},
      {"GET", "a step is GET PATH"},
      {"GET bytes", "\"bytes\" is no path: it begins with /"},
      {"GET / /", "a step is GET PATH"},
      {"UP /echo", "a step is UP PATH NUMBER"},
      {"UP /echo many", "\"many\" is not a number"},
      {"SLEEP 3", "\"3\" has no unit"},
      {"LOOK here", "a step is LOOK"},
      {"BURST / 1000000000", "BURST takes a number from 1 to 1000"},
      {"BURST / 0", "BURST takes a number from 1 to 1000"},
      {"CANCEL / 10000", "CANCEL takes a number from 1 to 9000"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const ParsedPlan plan = parse_plan(std::string("GET /\n") + row.text, 3);
    REQUIRE(plan.errors.size() == 1);
    CHECK(plan.errors[0].line == 4);
    CHECK_MESSAGE(plan.errors[0].what.find(row.error) != std::string::npos, plan.errors[0].what);
  }
}

}  // namespace
}  // namespace closelab::lab
