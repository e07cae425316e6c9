// Compares verdicts on clients of another machine with what was captured at both ends of the network between them: a
// network that delays, loses, repeats and reorders packets, and kernels that are set up in unusual ways.
//
//   CLOSELAB_REMOTE_TEST_CONNECTIONS  how many under each condition; default 400
//   CLOSELAB_REMOTE_TEST_SEED         what is drawn; default random, and printed
//   CLOSELAB_REMOTE_TEST_ENDINGS      only the endings whose names contain this text
//   CLOSELAB_REMOTE_TEST_CONDITIONS   only the conditions whose names contain this text
//   CI=true                           where the test can't run it fails, instead of being skipped

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/kernel/comparison.h"
#include "tests/kernel/lab.h"
#include "tests/kernel/players.h"
#include "tests/kernel/two_hosts.h"
#include "tests/support/private_network.h"

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;
using testbed::Match;
using testbed::RelayRule;
using Action = RelayRule::Action;

constexpr std::uint64_t default_connections = 400;
// Of the packets that are kept, how long they are overtaken or how much later they come again.
constexpr std::chrono::milliseconds kept_for{7};

struct Condition {
  Conditions conditions;
  std::chrono::milliseconds delay = 2ms;
  std::vector<RelayRule> rules{};
  /// net.ipv4 of the server's host.
  std::pair<const char*, const char*> sysctl{};
};

const std::vector<Condition>& all_conditions() {
  static const std::vector<Condition> all{
      {.conditions = {"no delay"}, .delay = 0ms},
      {.conditions = {"2 ms of delay"}},
      {.conditions = {"20 ms of delay"}, .delay = 20ms},
      {.conditions = {"FINs of clients are lost", true}, .rules = {{Action::drop, Match::fin, Side::client, 60}}},
      {.conditions = {"FINs of the server are lost", true}, .rules = {{Action::drop, Match::fin, Side::server, 60}}},
      {.conditions = {"ACKs of clients are lost", true}, .rules = {{Action::drop, Match::ack, Side::client, 100}}},
      {.conditions = {"FINs are repeated", true}, .rules = {{Action::copy, Match::fin, Side::both}}},
      {.conditions = {"FINs are overtaken", true}, .rules = {{Action::hold, Match::fin, Side::both}}},
      {.conditions = {"ACKs are overtaken", true}, .rules = {{Action::hold, Match::ack, Side::client}}},
      {.conditions = {"no timestamps"}, .sysctl = {"tcp_timestamps", "0"}},
      {.conditions = {"tcp_rfc1337"}, .sysctl = {"tcp_rfc1337", "1"}},
      {.conditions = {"tcp_max_tw_buckets 0", false, true}, .sysctl = {"tcp_max_tw_buckets", "0"}},
      {.conditions = {"tcp_max_tw_buckets 100", false, true}, .sysctl = {"tcp_max_tw_buckets", "100"}},
  };
  return all;
}

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? std::stoull(value) : otherwise;
}

std::string text_in(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : "";
}

/// The condition is in force for as long as this lives.
class InForce {
 public:
  InForce(TwoHosts& hosts, const Condition& condition) : hosts_(hosts), condition_(condition) {
    hosts.relay().set_delay(condition.delay);
    for (const RelayRule& rule : condition.rules) hosts.relay().add(rule);
    set(condition.sysctl.second);
    releasing_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(kept_for);
        hosts_.relay().release();
      }
    });
  }
  ~InForce() {
    releasing_.request_stop();
    releasing_.join();
    hosts_.relay().clear_rules();
    hosts_.relay().release();
    if (condition_.sysctl.first != nullptr) set(before_.c_str());
  }
  InForce(const InForce&) = delete;
  InForce& operator=(const InForce&) = delete;

 private:
  void set(const char* value) {
    if (condition_.sysctl.first == nullptr) return;
    hosts_.enter(Side::server);
    before_ = testbed::ipv4_sysctl(condition_.sysctl.first);
    testbed::set_ipv4_sysctl(condition_.sysctl.first, value);
    hosts_.enter(Side::client);
  }

  TwoHosts& hosts_;
  const Condition& condition_;
  std::string before_;
  std::jthread releasing_;
};

using Time = std::chrono::system_clock::time_point;  // as packets have it

struct Run {
  const Condition* condition;
  Time began;
  Performance performance;
};

/// Those that began from `from` on, and before `until`. The kernel may give servers of two conditions the same port,
/// and then their clients, too.
Connections begun_between(const Connections& captured, Time from, Time until) {
  Connections of_those;
  for (const auto& [ends, connections] : captured) {
    for (const std::vector<Packet>& packets : connections) {
      const Time began(packets.front().at);
      if (began >= from && began < until) of_those[ends].push_back(packets);
    }
  }
  return of_those;
}

Performance play(TwoHosts& hosts, const Condition& condition, std::uint64_t connections, std::uint64_t seed) {
  const InForce in_force(hosts, condition);
  hosts.enter(Side::server);
  Lab lab(testbed::server_address);
  hosts.enter(Side::client);
  const Repertoire repertoire{{remote_endings(), client_endings(), server_endings(), mode_endings()}, {}};
  return play_endings(lab, repertoire, text_in("CLOSELAB_REMOTE_TEST_ENDINGS"), connections, seed);
}

int run() {
  const std::uint64_t connections = number_in("CLOSELAB_REMOTE_TEST_CONNECTIONS", default_connections);
  const std::uint64_t seed = number_in("CLOSELAB_REMOTE_TEST_SEED", std::random_device{}());
  const std::string only = text_in("CLOSELAB_REMOTE_TEST_CONDITIONS");
  std::cout << "seed " << seed << std::endl;
  TwoHosts hosts;
  hosts.start_capture();
  std::vector<Run> played;
  for (const Condition& condition : all_conditions()) {
    if (condition.conditions.name.find(only) == std::string_view::npos) continue;
    const Time began = std::chrono::system_clock::now();
    played.push_back({&condition, began, play(hosts, condition, connections, seed)});
  }
  const Connections captured = hosts.finish_capture();

  const std::uint32_t lost = hosts.relay().lost();
  std::size_t wrong = hosts.dropped() + lost;
  for (std::size_t i = 0; i < played.size(); ++i) {
    const auto& [condition, began, performance] = played[i];
    for (const std::string& failure : performance.failures) std::cout << "failed: " << failure << '\n';
    const Time ended = i + 1 < played.size() ? played[i + 1].began : Time::max();
    Comparison comparison(std::cout, condition->conditions);
    comparison.compare(performance, begun_between(captured, began, ended));
    comparison.print_table();
    wrong += comparison.failures() + performance.failures.size();
  }
  std::cout << hosts.dropped() << " packets dropped by the capture, " << lost
            << " lost by the relay, which was too slow, " << wrong << " wrong\n";
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::kernel_test

int main(int, char** arguments) {
  return closelab::kernel_test::run_in_private_network(arguments, closelab::kernel_test::run);
}
