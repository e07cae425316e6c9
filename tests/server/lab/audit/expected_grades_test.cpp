#include "server/lab/audit/expected_grades.h"

#include <doctest/doctest.h>

#include "server/lab/audit/audit_report.h"
#include "server/lab/audit/card.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

const Scenario must{.id = "a", .title = "A must", .section = "S", .requirement = Requirement::must};
const Scenario should{.id = "b", .title = "A should", .section = "S", .requirement = Requirement::should};

Graded graded(const Scenario& scenario, Grade grade) {
  Graded graded{.scenario = &scenario, .grade = grade, .reason = "<because>"};
  graded.played.records.emplace_back().request_count = 1;
  return graded;
}

std::string error_of(std::string_view text) {
  try {
    parse_expected_grades(text, "known.txt");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE(
    "the exit code is made of MUSTs, and with --strict of SHOULDs; of what is expected, and what is out of date") {
  struct Row {
    Grade of_must;
    Grade of_should;
    const char* expected;
    bool strict;
    int exit_code;
  };
  const Row rows[] = {
      {Grade::pass, Grade::pass, "", true, 0},
      {Grade::fail, Grade::pass, "", false, 1},
      {Grade::pass, Grade::fail, "", false, 0},
      {Grade::pass, Grade::fail, "", true, 1},
      {Grade::not_exercised, Grade::not_applicable, "", true, 0},
      {Grade::harness_failed, Grade::fail, "", true, 2},
      {Grade::fail, Grade::pass, "a fail", false, 0},
      {Grade::pass, Grade::pass, "a fail", false, 1},
      {Grade::not_exercised, Grade::pass, "a fail", false, 1},
      {Grade::pass, Grade::fail, "b fail", true, 0},
      {Grade::pass, Grade::pass, "c fail", false, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expected);
    const std::vector<Graded> all{graded(must, row.of_must), graded(should, row.of_should)};
    CHECK(outcome_of(all, parse_expected_grades(row.expected, "known.txt"), row.strict).exit_code() == row.exit_code);
  }
}

TEST_CASE("of a client that makes no request nothing can be told, but where none is wanted") {
  std::vector<Graded> all{graded(must, Grade::pass), graded(should, Grade::not_exercised)};
  CHECK(outcome_of(all, {}, false).exit_code() == 0);
  for (Graded& one : all) one.played.records.clear();
  CHECK(outcome_of(all, {}, false).exit_code() == Outcome::failed_audit);
  all.pop_back();
  CHECK(outcome_of(all, {}, false).exit_code() == 0);
}

TEST_CASE("what is written is read back") {
  const std::vector<Graded> all{graded(must, Grade::fail), graded(should, Grade::pass)};
  const std::string text = format_expected_grades(all);
  const ExpectedGrades expected = parse_expected_grades(text, "known.txt");
  CHECK(expected == ExpectedGrades{{"a", Grade::fail}});
  CHECK(outcome_of(all, expected, true).exit_code() == 0);
}

TEST_CASE("what is wrong with a file is told with its line") {
  CHECK(error_of("# comment\n\na bad\n").find("known.txt:3: \"bad\" is no grade; they are pass, not optimal, fail") ==
        0);
  CHECK(error_of("a") ==
        "known.txt:1: \"\" is no grade; they are pass, not optimal, fail, info, not exercised, not "
        "applicable, harness failed");
  CHECK(error_of("a fail\na pass") == "known.txt:2: a is there twice");
  CHECK(error_of("a not optimal  # because\n") == "");
}

TEST_CASE("MUSTs matter most, then SHOULDs; what is fine does not") {
  const std::vector<Graded> all{graded(should, Grade::fail), graded(should, Grade::pass), graded(must, Grade::fail),
                                graded(must, Grade::not_exercised)};
  const auto facts = facts_that_matter(all);
  REQUIRE(facts.size() == 2);
  CHECK(facts[0]->scenario == &must);
}

TEST_CASE("the card counts every scenario, and says why one was not played") {
  const std::vector<Graded> all{graded(must, Grade::pass), graded(should, Grade::not_exercised)};
  const std::string text = card(all, outcome_of(all, {}, false), {});
  CHECK(text.find("not exercised:\n  b: <because>") != std::string::npos);
  CHECK(text.find("must         1") != std::string::npos);
}

TEST_CASE("JUnit's XML has a case for each scenario, and no character that XML has not") {
  const AuditRun run{.client = "curl \"-sS\"\x01",
                     .graded = {graded(must, Grade::fail), graded(should, Grade::not_exercised)}};
  const std::string xml = junit_xml(run);
  CHECK(xml.find("<testsuite name=\"must\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">") !=
        std::string::npos);
  CHECK(xml.find("classname=\"curl &quot;-sS&quot;\\x01\" name=\"a\"") != std::string::npos);
  CHECK(xml.find("<failure message=\"&lt;because&gt;\"/>") != std::string::npos);
  CHECK(xml.find("<skipped message=") != std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
