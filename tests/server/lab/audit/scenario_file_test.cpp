#include "server/lab/audit/scenario_file.h"

#include <doctest/doctest.h>

#include <string>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

const std::string text = R"(title = "T"
class = "should"
section = "RFC 9112 section 9"
why = "W"
plan = """
GET /bytes/10
SLEEP 10ms
POST /echo
"""
given = ["rules_fired >= 1"]
expect = ["handled.POST = 1", "step.2.connection != step.1.connection"]
good = "once"
bad = "{handled.POST} times"

[server]
close_mode = "abortive"

[[server.rule]]
at = "next_request"
close = "lingering"
)";

std::string changed(const std::string& from, const std::string& to) {
  std::string result = text;
  return result.replace(result.find(from), from.size(), to);
}

std::string error_of(const std::string& toml) {
  try {
    parse_scenario(toml, "some/mine.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a scenario is what its file says") {
  const Scenario scenario = parse_scenario(text, "some/mine.toml");
  CHECK(scenario.id == "mine");
  CHECK(scenario.requirement == Requirement::should);
  CHECK(scenario.plan.size() == 3);
  CHECK(steps_of_client(scenario).size() == 2);
  CHECK(scenario.server.options.close_mode == CloseMode::abortive);
  CHECK(scenario.server.options.rules.size() == 1);
  CHECK(scenario.expect.size() == 2);
  CHECK_FALSE(scenario.alone);
}

TEST_CASE("what is wrong is told with file and line") {
  struct Row {
    const char* from;
    const char* to;
    const char* error;
  };
  const Row rows[] = {
      {"title", "titel", "some/mine.toml:1:1: unknown key \"titel\"; did you mean \"title\"?"},
      {"title = \"T\"\n", "", "title is missing"},
      {"\"should\"", "\"shall\"", "some/mine.toml:2:9: class is must, should, optimal or info"},
      {"POST /echo", "PSOT /echo", "some/mine.toml:8:1: unknown step \"PSOT\""},
      {"close_mode", "close_mod", "some/mine.toml:16:1: unknown key \"close_mod\"; did you mean \"close_mode\"?"},
      {"next_request", "next_requst", "some/mine.toml:19:6: "},
      {"rules_fired >= 1", "rules >= 1", "some/mine.toml:10:10: unknown observation \"rules\""},
      {"rules_fired >= 1", "step.3.result = ok", "unknown observation \"step.3.result\""},
      {"rules_fired >= 1", "step.1.result = fine", "step.1.result can't be \"fine\", but ok, err"},
      {"rules_fired >= 1", "rules_fired", "\"rules_fired\" is not NAME = VALUE"},
      {"{handled.POST}", "{handled.POTS}", "some/mine.toml:13:7: unknown observation \"handled.POTS\""},
      {"GET /bytes/10\nSLEEP 10ms\nPOST /echo", "SLEEP 10ms", "the client has nothing to do in this plan"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.to);
    const std::string error = error_of(changed(row.from, row.to));
    CHECK_MESSAGE(error.find(row.error) != std::string::npos, error);
  }
  CHECK(error_of("title = ") != "");
}

}  // namespace
}  // namespace closelab::lab
