#include "server/lab/experiments/experiment_file.h"

#include <doctest/doctest.h>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

const std::string sound = R"(title = "T"
claims = ["B5"]
claim = "C"
conclusion = "refuted"
explanation = "E"
rfc = "R"
sysctl = { tcp_fin_timeout = 5 }
server = { idle_timeout = "1s" }
play = """
client connect
client close
"""

[[case]]
when = "first"
claim = ["time_wait = client"]

[[case]]
when = "second"
server = { close_mode = "abortive" }
network = { hosts = 2, delay = "50ms" }
sysctl = { tcp_fin_timeout = 6, tcp_tw_reuse = 0 }
slow = true
picture = false
play = """
other connect
"""
given = ["closed_first = both"]
expect = ["other.result = ok"]
)";

std::string errors_of(const std::string& toml) {
  try {
    parse_experiment(toml, "x.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a case has what stands above the cases, unless it says otherwise") {
  const Experiment experiment = parse_experiment(sound, "conf/x-name.toml");
  CHECK(experiment.name == "x-name");
  CHECK(experiment.conclusion == Conclusion::refuted);
  REQUIRE(experiment.cases.size() == 2);
  const Case& first = experiment.cases[0];
  CHECK(first.when == "first");
  CHECK(first.play.size() == 2);
  CHECK(first.play[1].line == 11);
  CHECK(first.server.options.timeouts.idle_timeout == std::chrono::seconds(1));
  CHECK(first.sysctl == std::vector<std::pair<std::string, std::string>>{{"tcp_fin_timeout", "5"}});
  CHECK(first.network.hosts == Hosts::one);
  CHECK_FALSE(first.slow);
  CHECK(first.picture);
  const Case& second = experiment.cases[1];
  CHECK(second.play.size() == 1);
  CHECK(second.play[0].line == 26);
  CHECK(second.server.options.timeouts.idle_timeout == std::chrono::seconds(1));
  CHECK(second.server.options.close_mode == CloseMode::abortive);
  CHECK(second.network.hosts == Hosts::two);
  CHECK(second.network.delay == std::chrono::milliseconds(50));
  CHECK(second.sysctl ==
        std::vector<std::pair<std::string, std::string>>{{"tcp_fin_timeout", "6"}, {"tcp_tw_reuse", "0"}});
  REQUIRE(second.given.size() == 1);
  CHECK(second.given[0].text == "closed_first = both");
  CHECK(second.slow);
  CHECK_FALSE(second.picture);
}

TEST_CASE("every mistake is named with file and line") {
  struct Row {
    const char* from;
    const char* to;
    const char* error;
  };
  const Row rows[] = {
      {"title =", "titel =",
       "x.toml:1:1: unknown key \"titel\"; did you mean \"title\"?\nx.toml:1:1: title is missing"},
      {"[\"B5\"]", "\"B5\"", "x.toml:2:10: claims wants a list of strings"},
      {"\"B5\"", "5", "x.toml:2:11: claims wants strings"},
      {"\"T\"", "2", "x.toml:1:9: title wants a string"},
      {"\"B5\"", "\"D5\"", "x.toml:2:11: there is no claim D5; they are A1 to C10"},
      {"\"refuted\"", "\"wrong\"",
       "x.toml:4:14: conclusion is \"confirmed\", \"refuted\" or \"true under a condition\""},
      {"idle_timeout", "idle_timeut", "x.toml:8:12: unknown key \"idle_timeut\"; did you mean \"idle_timeout\"?"},
      {"client close", "client clsoe", "x.toml:11:1: unknown verb \"clsoe\"; did you mean \"close\"?"},
      {"time_wait = client", "time_wait = me",
       "x.toml:16:10: time_wait can't be \"me\", but server, client, both, none"},
      {"[\"time_wait = client\"]", "[\"time_wait = client\", \"time_wait = server\"]",
       "x.toml:16:32: time_wait can't be two things at once"},
      {"= both", "= neither",
       "x.toml:28:10: closed_first can't be \"neither\", but server, client, both, undetermined"},
      {"hosts = 2", "hosts = 3", "x.toml:21:21: hosts is 1 or 2"},
      {"hosts = 2, ", "", "x.toml:18:1: loopback has no delay: network = { hosts = 2 }"},
      {"slow = true", "slow = 1", "x.toml:23:8: slow is true or false"},
      {"other connect\n", "client connect\n",
       "x.toml:29:11: unknown observation \"other.result\"; did you mean "
       "\"client.result\"?"},
      {"client close\n", "client close\nnetwork pass\n",
       "x.toml:12:1: loopback can't do that: network = { hosts = 2 }"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.to));
    CHECK(errors_of(replaced(sound, row.from, row.to)) == row.error);
  }
  CHECK(errors_of("title = ") != "");
}

}  // namespace
}  // namespace closelab::lab
