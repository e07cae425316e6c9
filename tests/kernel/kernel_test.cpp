// Compares verdicts with a packet capture of the same connections: every ending of the server mixed at random, with
// deliberate races, in a network namespace of the test's own.
//
//   CLOSELAB_KERNEL_TEST_CONNECTIONS  how many; default 20000, and 3000 under a sanitizer
//   CLOSELAB_KERNEL_TEST_SEED         what is drawn; default random, and printed
//   CLOSELAB_KERNEL_TEST_ENDINGS      only the endings whose names contain this text
//   CLOSELAB_KERNEL_TEST_WITNESS      anything: verdicts rest on packets, which the servers capture themselves
//   CI=true                           where the test can't run it fails, instead of being skipped

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "tests/kernel/comparison.h"
#include "tests/kernel/lab.h"
#include "tests/kernel/players.h"
#include "tests/support/capture.h"
#include "tests/support/private_network.h"
#include "tests/support/sanitized.h"

namespace closelab::kernel_test {
namespace {

constexpr std::uint64_t default_connections = test::is_sanitized ? 3'000 : 20'000;

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? std::optional(std::stoull(value)) : std::nullopt;
}

Performance play(std::uint64_t connections, std::uint64_t seed) {
  const std::size_t stops = connections / 50 / connections_per_stop + 1;
  Lab lab;
  Performance stopped;
  std::jthread stopping([&] { stopped = play_stops(stops, seed); });
  const char* const only = std::getenv("CLOSELAB_KERNEL_TEST_ENDINGS");
  const Repertoire repertoire{{client_endings(), server_endings(), mode_endings(), reused_tuples()}, {races()}};
  Performance performance = play_endings(lab, repertoire, only != nullptr ? only : "", connections, seed);
  stopping.join();
  performance.add(std::move(stopped));
  return performance;
}

int run(Sniffer& sniffer) {
  const std::uint64_t connections = number_in("CLOSELAB_KERNEL_TEST_CONNECTIONS").value_or(default_connections);
  const std::uint64_t seed = number_in("CLOSELAB_KERNEL_TEST_SEED").value_or(std::random_device{}());
  std::cout << "seed " << seed << std::endl;
  const auto start = std::chrono::steady_clock::now();
  const Performance performance = play(connections, seed);
  const Connections captured = sniffer.finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  for (const std::string& failure : performance.failures) std::cout << "failed: " << failure << '\n';
  Comparison comparison(std::cout);
  comparison.compare(performance, captured);
  comparison.print_table();
  std::cout << performance.records.size() << " connections in " << took.count() << " s, seed " << seed << ", "
            << sniffer.dropped() << " packets dropped by the capture, " << comparison.failures() << " wrong, "
            << comparison.unexplained() << " undetermined without need\n";
  const bool complete = performance.records.size() >= connections && sniffer.dropped() == 0;
  const bool right = performance.failures.empty() && comparison.failures() == 0 && comparison.unexplained() == 0;
  return complete && right ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::kernel_test

int main(int, char** arguments) {
  return closelab::kernel_test::run_in_private_network(arguments, closelab::kernel_test::run);
}
