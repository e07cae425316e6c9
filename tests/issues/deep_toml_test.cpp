// A key of 50,000 parts in a conf file or an experiment overflowed the stack: the TOML library recurses into each part.

#include <doctest/doctest.h>

#include <string>

#include "server/lab/experiments/experiment_file.h"
#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

std::string repeated(int times, std::string_view text) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

/// What is said of the text, as a conf file and as an experiment.
std::string refusal(const std::string& toml) {
  std::string conf;
  try {
    parse_conf(toml, "deep.toml", {});
  } catch (const UsageError& error) {
    conf = error.what();
  }
  CHECK_THROWS_WITH_AS(parse_experiment(toml, "deep.toml"), conf.c_str(), UsageError);
  return conf;
}

TEST_CASE("what lies too deep is refused with its place before the TOML library sees it") {
  const std::string parts = repeated(50'000, "a.");
  CHECK(refusal("port = 1\n" + parts + "a = 1") == "deep.toml:2:66: this lies more than 32 deep");
  CHECK(refusal("[" + parts + "a]") == "deep.toml:1:67: this lies more than 32 deep");
  CHECK(refusal("a = {" + parts + "a = 1}") == "deep.toml:1:71: this lies more than 32 deep");
  CHECK(refusal("a = " + repeated(50'000, "[")) == "deep.toml:1:37: this lies more than 32 deep");
  CHECK(refusal("a = " + repeated(50'000, "{a = ")).find("more than 32 deep") != std::string::npos);
  // Quoted parts are parts.
  CHECK(refusal(repeated(50'000, "\"a\".'b'.") + "a = 1").find("more than 32 deep") != std::string::npos);
}

TEST_CASE("dots and brackets in strings and comments are no depth") {
  const std::string dots = repeated(100, "a.[{");
  const std::string texts[] = {
      "address = \"::1\" # " + dots,
      "# \"" + dots + "\naddress = '::1'",
      "address = '::1'\n# '''" + dots,
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(parse_conf(text, "flat.toml", {}).options.listen.address == "::1");
  }
  for (const std::string quotes : {"\"", "'", "\"\"\"", "'''"}) {
    const std::string text = "address = " + quotes + dots + quotes;
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_conf(text, "flat.toml", {}), doctest::Contains("is not a numeric address"), UsageError);
  }
  const std::string escaped = "address = \"\\\"" + dots + "\"";
  CHECK_THROWS_WITH_AS(parse_conf(escaped, "flat.toml", {}), doctest::Contains("is not a numeric address"), UsageError);
}

TEST_CASE("a file without end is refused") {
  CHECK_THROWS_WITH_AS(read_conf("/dev/zero", {}), "/dev/zero: is longer than 1 MiB", UsageError);
  CHECK_THROWS_WITH_AS(read_experiment("/dev/zero"), "/dev/zero: is longer than 1 MiB", UsageError);
}

}  // namespace
}  // namespace closelab::lab
