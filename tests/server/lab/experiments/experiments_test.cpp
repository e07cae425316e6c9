// Plays the experiments of conf/experiments/, as they are and with an input changed so that something else comes out,
// by both links between two hosts, and that of the manual.
//
//   CI=true   where an experiment can't be shown this fails, instead of being skipped

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/lab/experiments/claims.h"
#include "server/lab/experiments/experiment_file.h"
#include "server/lab/experiments/scheduler.h"
#include "server/lab/experiments/text_report.h"
#include "tests/server/lab/experiments/played.h"
#include "tests/where.h"

namespace closelab::lab {
namespace {

TEST_CASE("every experiment comes out as its file says") {
  for (const ExperimentResult& result : performance().results) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.as_expected(), text_report(result, {}));
  }
}

TEST_CASE("two hosts are the same by either link") {
  std::vector<Experiment> experiments = playable(all_experiments());
  const auto on_one_host = [](const Case& played) { return played.network.hosts == Hosts::one; };
  std::erase_if(experiments, [&](const Experiment& one) { return std::ranges::any_of(one.cases, on_one_host); });
  CHECK(experiments.size() >= 5);
  for (const ExperimentResult& result : play_all(experiments, {.link = testbed::LinkKind::veth})) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.as_expected(), text_report(result, {}));
  }
}

TEST_CASE("every claim of the textbook has an experiment") {
  const std::vector<Experiment> experiments = all_experiments();
  for (const Claim& claim : claims()) {
    CAPTURE(std::string(claim.id));
    CHECK(std::ranges::any_of(experiments, [&](const Experiment& experiment) {
      return std::ranges::find(experiment.claims, claim.id) != experiment.claims.end();
    }));
  }
}

/// A change of an experiment's input, each text once, and what comes out then.
struct Change {
  const char* experiment;
  std::vector<std::pair<std::string, std::string>> replacements;
  Conclusion conclusion;
};

const std::string asks_for_close = "client get / with Connection: close\n";
const std::string answered = "client read response\n";
const std::string ended = "client read end\n";

const std::vector<Change>& changes() {
  using enum Conclusion;
  static const std::vector<Change> all{
      {"a-counting", {{"netstat.lines = sock_diag.TIME_WAIT", "netstat.lines = 5"}, {"repeat 3", "repeat 4"}}, refuted},
      {"b-segments",
       {{"client   connect", "repeat 10\nclient   connect"},
        {"client   await FIN_WAIT_2\n", ""},
        {"client   await TIME_WAIT\n", "client   await TIME_WAIT\nend\n"},
        {"claim = [\"hand", "given = [\"close.segments.least < 4\"]\nclaim = [\"hand"}},
       refuted},
      {"b2-datagrams", {{"client connect", "client connect to 9"}}, refuted},
      {"c1-who-waits", {{asks_for_close, "client get /close/abortive\n"}}, refuted},
      {"c2-connection-close", {{asks_for_close + answered + ended, "client get /\n" + answered}}, refuted},
      {"c3-default", {{"client get /\n" + answered, asks_for_close + answered + ended}}, conditional},
      {"c4-server-is-passive", {{asks_for_close + answered + ended, "client get /\n" + answered}}, confirmed},
      {"d1-only-the-client", {{ended, ""}, {"300ms", "30s"}}, conditional},
      {"d2-keep-alive-hint", {{"idle_timeout = \"1s\"", "idle_timeout = \"4s\""}}, refuted},
      {"d3-apache-settings", {{"idle_timeout = \"500ms\"", "idle_timeout = \"4s\""}}, conditional},
      {"e-how-long", {{asks_for_close, "client get /close/abortive\n"}}, refuted},
      {"f-ports",
       {{"other  connect\n", "other  connect from 5000 reuse_address\n"},
        {"client connect from 5000\n" + asks_for_close + ended + "client close\n",
         "client connect from 5000 reuse_address\nclient get /\n" + answered +
             "client close\nclient await TIME_WAIT\n"},
        {"s port\"\nplay", "s port\"\nsysctl = { tcp_timestamps = 0 }\nplay"}},
       conditional},
      {"g-reuse-address", {{"new    listen 9000 reuse_address", "new    listen 9000"}}, refuted},
      {"h-lost-ack", {{"tcp_max_tw_buckets = 0 }", "tcp_max_tw_buckets = 1000 }"}}, confirmed},
      {"i-late-segments", {{"tcp_rfc1337 = 1 }", "tcp_rfc1337 = 0 }"}}, refuted},
      {"j-old-duplicate", {{"tcp_timestamps = 0", "tcp_timestamps = 1"}}, refuted},
      {"k-simultaneous-close",
       {{"peer     read end\npeer     close", "peer     close"},
        {"claim = [\"time", "given = [\"closed_first = both\"]\nclaim = [\"time"}},
       refuted},
      {"l-linger", {{"client   send 40KiB", "client   linger 0s\nclient   send 40KiB"}}, refuted},
      {"m-unread",
       {{"await peer FIN_WAIT_1", "await CLOSED"}, {"\"lingering\"", "\"immediate\""}, {"\"2s\"", "\"20ms\""}},
       refuted},
      {"n-half-closed", {{"in its turn\"\n", "in its turn\"\nserver = { close_mode = \"never\" }\n"}}, refuted},
      {"o-stale-keep-alive",
       {{"server close_idle\n", ""},
        {"server close_idle\n", ""},
        {"client await CLOSED\n", ""},
        {"given = [\"client.end = eof\"]\n", ""}},
       confirmed},
      {"p-port-exhaustion", {{"40000 40019", "40000 40039"}}, refuted},
      {"p2-reuse-delay", {{"delay = 50000", "delay = 100"}}, confirmed},
      {"q-browsers", {{"  client close\n", "  " + asks_for_close + "  " + ended + "  client close\n"}}, refuted},
      {"r-restart", {{"reuse_address = false", "reuse_address = true"}}, refuted},
  };
  return all;
}

Experiment changed(const Change& change) {
  std::string text = contents(experiment_directory / (std::string(change.experiment) + ".toml"));
  for (const auto& [from, to] : change.replacements) {
    CAPTURE(from);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  Experiment experiment = parse_experiment(text, std::string(change.experiment) + ".toml");
  experiment.conclusion = change.conclusion;
  return experiment;
}

TEST_CASE("another input, another conclusion") {
  std::vector<Experiment> experiments;
  for (const Change& change : changes()) {
    CAPTURE(std::string(change.experiment));
    experiments.push_back(changed(change));
    CHECK(read_experiment((experiment_directory / (std::string(change.experiment) + ".toml")).string()).conclusion !=
          change.conclusion);
  }
  CHECK(experiments.size() == all_experiments().size());
  experiments = playable(std::move(experiments));
  for (const ExperimentResult& result : play_all(experiments, {})) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.conclusion == result.experiment->conclusion, text_report(result, {}));
  }
}

TEST_CASE("a situation that does not come about is tried five times, and then not shown") {
  const std::vector<Experiment> experiments{parse_experiment(R"(title = "T"
claims = []
claim = "C"
conclusion = "confirmed"
rfc = "R"
explanation = "E"
[[case]]
when = "there are two connections"
play = """
client connect
client close
"""
given = ["client.connected = 2"]
claim = ["client.result = ok"]
)",
                                                             "my.toml")};
  const ExperimentResult result = play_all(experiments, {}).front();
  CHECK(result.conclusion == Conclusion::not_shown);
  CHECK(result.cases.front().plays == 5);
  CHECK(result.cases.front().outcome.not_shown == "it did not come about: client.connected = 2, but 1");
}

/// What stands between ```toml and ``` on the page.
std::vector<std::string> toml_blocks(const std::string& page) {
  const std::string begin = "\n```toml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const std::size_t first = at + begin.size();
    blocks.push_back(page.substr(first, page.find("```", first) - first));
  }
  return blocks;
}

TEST_CASE("the experiment that the manual builds step by step comes out as it says") {
  const std::vector<std::string> steps =
      toml_blocks(contents(std::filesystem::path(CLOSELAB_SOURCE_DIR) / "docs/experiments.md"));
  REQUIRE(steps.size() == 2);
  std::vector<Experiment> experiments{parse_experiment(steps[0], "my.toml"),
                                      parse_experiment(steps[0] + steps[1], "my.toml")};
  // The manual says to correct it then.
  experiments[1].conclusion = Conclusion::conditional;
  for (const ExperimentResult& result : play_all(experiments, {})) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.as_expected(), text_report(result, {}));
  }
}

}  // namespace
}  // namespace closelab::lab
