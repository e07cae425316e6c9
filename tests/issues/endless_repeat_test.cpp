// `repeat 999999999` in an experiment, and repeats within repeats, kept `closelab run` busy without end or message.

#include <doctest/doctest.h>

#include <string>

#include "server/lab/experiments/play_steps.h"

namespace closelab::lab {
namespace {

TEST_CASE("a play that repeats too much is refused with the line where it becomes too long") {
  const std::string what = "a play has at most 100000 steps, with all that it repeats: here it has more";
  struct Row {
    const char* text;
    unsigned line;
  };
  const Row rows[] = {
      {"client connect\nrepeat 999999999\nclient get /\nend\nclient close", 3},
      {"client connect\nrepeat 1000\nrepeat 1000\nclient get /\nend\nend", 4},
      {"repeat 18446744073709551615\nrepeat 18446744073709551615\nend\nend", 2},
      {"client connect\nrepeat 60000\nclient get /\nend\nrepeat 60000\nclient get /\nend", 6},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.text));
    const ParsedSteps parsed = parse_steps(row.text, 1);
    REQUIRE(parsed.errors.size() == 1);
    CHECK(parsed.errors[0].line == row.line);
    CHECK(parsed.errors[0].what == what);
  }
  CHECK(parse_steps("client connect\nrepeat 300\nrepeat 300\nclient get /\nend\nend", 1).errors.empty());
}

TEST_CASE("a step that sends more than memory holds is refused") {
  for (const char* step : {"client send 999999999GiB of x", "client post / 999999999GiB"}) {
    const ParsedSteps parsed = parse_steps("client connect\n" + std::string(step), 1);
    REQUIRE(parsed.errors.size() == 1);
    CHECK(parsed.errors[0].line == 2);
    CHECK(parsed.errors[0].what == "a step sends at most 64MiB");
  }
}

}  // namespace
}  // namespace closelab::lab
