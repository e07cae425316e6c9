// Plays the experiments of conf/experiments/, as they are and with an input changed so that something else comes out,
// and compares their packets with what tshark reads from the saved captures.
//
//   CI=true   where an experiment can't be shown this fails, instead of being skipped

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/lab/run/claims.h"
#include "server/lab/run/experiment_file.h"
#include "server/lab/run/scheduler.h"
#include "server/lab/run/text_report.h"

namespace closelab::lab {
namespace {

namespace fs = std::filesystem;

const fs::path directory = fs::path(CLOSELAB_SOURCE_DIR) / "conf/experiments";

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<Experiment> all_experiments() {
  std::vector<Experiment> experiments;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".toml") experiments.push_back(read_experiment(entry.path().string()));
  return experiments;
}

/// Without the namespaces or /dev/net/tun there is nothing to test.
bool is_skipped(const ExperimentResult& result) {
  if (result.conclusion != Conclusion::not_shown) return false;
  const char* const ci = std::getenv("CI");
  if (ci != nullptr && std::string(ci) == "true") return false;
  for (const CaseResult& one : result.cases)
    if (!one.outcome.not_shown.empty())
      std::cout << "SKIPPED: " << result.experiment->name << ": " << one.outcome.not_shown << std::endl;
  return true;
}

/// All of them, played once, with their captures.
struct Performance {
  Performance() {
    std::string place = (fs::temp_directory_path() / "closelab-pcap-XXXXXX").string();
    if (::mkdtemp(place.data()) == nullptr) throw std::runtime_error("no place for captures");
    captures = place;
    results = play_all(experiments, {.pcap_directory = place});
  }
  ~Performance() { fs::remove_all(captures); }

  const std::vector<Experiment> experiments = all_experiments();
  fs::path captures;
  std::vector<ExperimentResult> results;
};

const Performance& performance() {
  static const Performance once;
  return once;
}

TEST_CASE("every experiment comes out as its file says") {
  for (const ExperimentResult& result : performance().results) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.as_expected(), text_report(result, Paint::plain));
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
      {"b-segments", {{"pause 150ms\n", ""}}, refuted},
      {"b2-datagrams", {{"client connect", "client connect to 9"}}, refuted},
      {"c1-who-waits", {{asks_for_close, "client get /close/abortive\n"}}, refuted},
      {"c2-connection-close", {{asks_for_close + answered + ended, "client get /\n" + answered}}, refuted},
      {"c3-default", {{"client get /\n" + answered, asks_for_close + answered + ended}}, conditional},
      {"c4-server-is-passive", {{asks_for_close + answered + ended, "client get /\n" + answered}}, confirmed},
      {"d1-only-the-client", {{ended, ""}}, conditional},
      {"d2-keep-alive-hint", {{"idle_timeout = \"1s\"", "idle_timeout = \"2s\""}}, refuted},
      {"d3-apache-settings", {{"idle_timeout = \"500ms\"", "idle_timeout = \"2s\""}}, conditional},
      {"e-how-long", {{"client close\n", "client close\npause 3s\n"}}, refuted},
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
      {"k-simultaneous-close", {{"peer     read end\npeer     close", "peer     close"}}, refuted},
      {"l-linger", {{"client   send 40KiB", "client   linger 0s\nclient   send 40KiB"}}, refuted},
      {"m-unread", {{"close_mode = \"lingering\"", "close_mode = \"immediate\""}}, refuted},
      {"n-half-closed", {{"in its turn\"\n", "in its turn\"\nserver = { close_mode = \"never\" }\n"}}, refuted},
      {"o-stale-keep-alive", {{"server close_idle\n", ""}, {"server close_idle\n", ""}}, confirmed},
      {"p-port-exhaustion", {{"40000 40019", "40000 40039"}}, refuted},
      {"q-browsers", {{"  client close\n", "  " + asks_for_close + "  " + ended + "  client close\n"}}, refuted},
      {"r-restart", {{"reuse_address = false", "reuse_address = true"}}, refuted},
  };
  return all;
}

Experiment changed(const Change& change) {
  std::string text = contents(directory / (std::string(change.experiment) + ".toml"));
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
    CHECK(read_experiment((directory / (std::string(change.experiment) + ".toml")).string()).conclusion !=
          change.conclusion);
  }
  CHECK(experiments.size() == all_experiments().size());
  for (const ExperimentResult& result : play_all(experiments, {})) {
    if (is_skipped(result)) continue;
    CHECK_MESSAGE(result.conclusion == result.experiment->conclusion, text_report(result, Paint::plain));
  }
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string output;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) output += buffer.data();
  return output;
}

/// Port and flags of each segment between these ports, as tshark reads them.
std::vector<std::string> read_by_tshark(const fs::path& file, const testbed::Ends& ends) {
  std::istringstream lines(output_of(
      "tshark -r " + file.string() + " -Y 'tcp.port == " + std::to_string(ends.client.port) + " && tcp.port == " +
      std::to_string(ends.server.port) + "' -T fields -e tcp.srcport -e tcp.flags -e tcp.len 2>/dev/null"));
  std::vector<std::string> result;
  for (std::string line; std::getline(lines, line);) result.push_back(line);
  return result;
}

/// The same, as the ladder has them.
std::vector<std::string> in_the_ladder(const CaseOutcome& outcome) {
  std::vector<std::string> result;
  for (const testbed::Packet& packet : outcome.packets) {
    const Endpoint& from = packet.from == Side::client ? outcome.picture.ends.client : outcome.picture.ends.server;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%u\t0x%04x\t%u", from.port, packet.flags, packet.payload);
    result.emplace_back(text.data());
  }
  return result;
}

/// On one host: there the order in the file is the order of sending.
bool is_comparable(const CaseResult& result) {
  return result.played->network.hosts == Hosts::one && result.played->picture && !result.outcome.packets.empty();
}

TEST_CASE("the packets of the ladders are those that tshark reads from the captures") {
  if (output_of("tshark --version 2>/dev/null").empty()) {
    std::cout << "tshark is not installed" << std::endl;
    return;
  }
  std::size_t compared = 0;
  for (const ExperimentResult& result : performance().results) {
    for (const CaseResult& one : result.cases) {
      if (!is_comparable(one)) continue;
      const fs::path file =
          performance().captures / (result.experiment->name + "-" + std::to_string(one.number) + ".pcap");
      CAPTURE(file.string());
      const std::vector<std::string> ladder = in_the_ladder(one.outcome);
      std::vector<std::string> capture = read_by_tshark(file, one.outcome.picture.ends);
      // Later connections between the same ports are not drawn.
      if (capture.size() > ladder.size()) capture.resize(ladder.size());
      CHECK(ladder == capture);
      ++compared;
    }
  }
  CHECK(compared > 10);
}

}  // namespace
}  // namespace closelab::lab
