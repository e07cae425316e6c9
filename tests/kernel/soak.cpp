// The soak: as many endings as wanted, without and with packets as the servers' own witness, in one table.
//
//   kernel_soak [ENDINGS [MINUTES]]   so many each way (20000 if not given), or as many as that time allows. They are
//                                     played in rounds, each with servers of its own.
//
// Each verdict is compared with a capture of the same connection, as in kernel_test; each `retry: safe` with what the
// handlers got, and each `not_needed` with what the client's kernel acknowledged. As many connections have to settle as
// were accepted. Exit code 1 when anything is wrong.

#include <array>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "tests/kernel/comparison.h"
#include "tests/kernel/lab.h"
#include "tests/kernel/players.h"
#include "tests/support/capture.h"
#include "tests/support/private_network.h"

namespace closelab::kernel_test {
namespace {

constexpr std::uint64_t per_round = 10'000;

/// One way of observing, and what came of it.
struct Way {
  const char* name;
  Comparison comparison{std::cout};
  std::uint64_t accepted = 0;
  std::uint64_t settled = 0;
  std::size_t failures = 0;
  std::size_t dropped = 0;

  explicit Way(const char* as) : name(as) {}
};

Performance play(std::uint64_t endings, std::uint64_t seed) {
  Lab lab;
  Performance stopped;
  std::jthread stopping([&] { stopped = play_stops(endings / 50 / connections_per_stop + 1, seed); });
  const Repertoire repertoire{{client_endings(), server_endings(), mode_endings(), reused_tuples()}, {races()}};
  Performance performance = play_endings(lab, repertoire, "", endings, seed);
  stopping.join();
  performance.add(std::move(stopped));
  return performance;
}

void play_round(Way& way, std::uint64_t endings, std::uint64_t seed) {
  Sniffer sniffer;
  const Performance performance = play(endings, seed);
  const Connections captured = sniffer.finish();
  for (const std::string& failure : performance.failures)
    std::cout << way.name << ", seed " << seed << ", failed: " << failure << std::endl;
  way.failures += performance.failures.size();
  way.accepted += performance.accepted;
  way.settled += performance.settled;
  way.dropped += sniffer.dropped();
  way.comparison.compare(performance, captured);
}

using Ways = std::array<Way, 2>;

void print_row(std::string_view name, const std::array<Row, 2>& rows) {
  std::cout << std::left << std::setw(52) << name << std::right;
  for (const Row& row : rows)
    std::cout << std::setw(11) << row.connections << std::setw(7) << row.wrong << std::setw(9) << row.not_known;
  std::cout << '\n';
}

void print_table(const Ways& ways) {
  std::cout << "\n"
            << std::left << std::setw(52) << "" << std::right << std::setw(27) << "without a witness" << std::setw(27)
            << "with a witness" << '\n'
            << std::left << std::setw(52) << "ending" << std::right;
  for (std::size_t i = 0; i < ways.size(); ++i)
    std::cout << std::setw(11) << "endings" << std::setw(7) << "wrong" << std::setw(9) << "unknown";
  std::cout << '\n';
  std::map<std::string_view, std::array<Row, 2>> rows;
  std::array<Row, 2> total{};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    for (const auto& [ending, row] : ways[i].comparison.rows()) {
      for (Row* sum : {&rows[ending->name][i], &total[i]}) {
        sum->connections += row.connections;
        sum->wrong += row.wrong;
        sum->not_known += row.not_known;
      }
    }
  }
  for (const auto& [name, row] : rows) print_row(name, row);
  print_row("total", total);
}

void print_reasons(const Way& way) {
  std::size_t endings = 0;
  for (const auto& [ending, row] : way.comparison.rows()) endings += row.connections;
  std::cout << '\n' << way.name << ": accepted " << way.accepted << ", settled " << way.settled;
  for (const auto& [retry, requests] : way.comparison.retries()) std::cout << "; retry " << retry << ' ' << requests;
  std::cout << "; " << way.comparison.failures() + way.failures << " wrong, " << way.comparison.unexplained()
            << " undetermined without need, " << way.dropped << " packets dropped by the judge\n";
  for (const auto& [what, times] : way.comparison.reasons())
    std::cout << "  " << std::left << std::setw(14) << what.first << std::setw(24) << to_string(what.second)
              << std::right << std::setw(9) << times << std::fixed << std::setprecision(3) << std::setw(9)
              << 100.0 * static_cast<double>(times) / static_cast<double>(endings) << " %\n";
}

bool is_right(const Way& way) {
  const bool is_explained = way.comparison.unexplained() == 0;
  return is_explained && way.failures == 0 && way.comparison.failures() == 0 && way.accepted == way.settled &&
         way.dropped == 0;
}

int soak(std::uint64_t endings, std::chrono::minutes longest) {
  Ways ways{Way("without a witness"), Way("with a witness")};
  std::uint64_t seed = std::random_device{}();
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t played = 0; played < endings; played += per_round, seed += 2 * per_round) {
    for (Way& way : ways) {
      &way == ways.data() ? ::unsetenv("CLOSELAB_KERNEL_TEST_WITNESS")
                          : ::setenv("CLOSELAB_KERNEL_TEST_WITNESS", "yes", 1);
      play_round(way, std::min(per_round, endings - played), seed);
    }
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    std::cout << "each way " << std::min(endings, played + per_round) << " of " << endings << " in " << took.count()
              << " s" << std::endl;
    if (took > longest) break;
  }
  print_table(ways);
  for (const Way& way : ways) print_reasons(way);
  return is_right(ways[0]) && is_right(ways[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::kernel_test

int main(int, char** arguments) {
  using namespace closelab::kernel_test;
  const std::uint64_t endings = arguments[1] != nullptr ? std::stoull(arguments[1]) : 20'000;
  const bool is_bounded = arguments[1] != nullptr && arguments[2] != nullptr;
  const std::chrono::minutes longest(is_bounded ? std::stoll(arguments[2]) : 7 * 24 * 60);
  return run_in_private_network(arguments, [=] { return soak(endings, longest); });
}
