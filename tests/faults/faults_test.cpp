// Every moment of a rule with every action: refused, or played, all at the same time on one server, in a network
// namespace of the test's own with packet capture. Each must go as the model says, and docs/faults.md must say the
// same.
//
//   --write   writes docs/faults.md
//   CI=true   where the test can't run it fails, instead of being skipped

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>

#include "tests/faults/model.h"
#include "tests/faults/observation.h"
#include "tests/faults/page.h"
#include "tests/faults/played_cells.h"
#include "tests/support/private_network.h"
#include "tests/where.h"

namespace closelab::faults {
namespace {

using kernel_test::Connections;
using kernel_test::Sniffer;

constexpr const char* page_file = CLOSELAB_SOURCE_DIR "/docs/faults.md";

/// What is wrong with one field, a line each.
std::string faults_of(const Visit& visit, const Observation& seen) {
  std::string text;
  const auto must = facts(*expected(visit.cell()));
  const auto is = facts(seen.outcome);
  for (std::size_t i = 0; i < must.size(); ++i) {
    if (is[i].second == must[i].second) continue;
    text += "  " + must[i].first + ": " + is[i].second + ", expected " + must[i].second + '\n';
  }
  for (const std::string& contradiction : seen.contradictions) text += "  " + contradiction + '\n';
  return text;
}

/// Prints what is wrong; returns how many fields are. Appends each one's outcome.
std::size_t check_fields(const Played& played, const Connections& captured, std::vector<Outcome>& outcomes) {
  std::size_t failures = 0;
  for (std::size_t i = 0; i < played.visits.size(); ++i) {
    const Visit& visit = *played.visits[i];
    const auto found = captured.find({visit.local(), played.server});
    const std::vector<testbed::Packet> packets =
        found != captured.end() ? found->second.front() : std::vector<testbed::Packet>();
    const Observation seen = observe(played, i, packets);
    outcomes.push_back(seen.outcome);
    const std::string faults = faults_of(visit, seen);
    if (faults.empty()) continue;
    ++failures;
    std::cout << "\n== " << describe(rule_of(visit.cell(), visit.connection())) << '\n'
              << faults << played.records[i] << std::span<const testbed::Packet>(packets);
  }
  return failures;
}

/// Every field is either played or refused, as the model says.
bool check_refusals() {
  bool right = true;
  for (const Cell& cell : all_cells()) {
    const std::string refusal = refusal_of(cell);
    if (refusal.empty() == expected(cell).has_value()) continue;
    right = false;
    std::cout << describe(rule_of(cell, 1)) << (refusal.empty() ? ": not refused" : ": " + refusal) << '\n';
  }
  return right;
}

bool check_page(const std::string& text, bool write) {
  if (write) std::ofstream(page_file) << text;
  std::ifstream file(page_file);
  std::ostringstream kept;
  kept << file.rdbuf();
  if (kept.str() == text) return true;
  std::cout << "docs/faults.md says something else; faults_test --write writes it\n";
  return false;
}

/// A rule that did not act proves nothing, and no fault may hold up the server's stop.
bool check_stop(const Played& played) {
  for (const std::string& failure : played.failures) std::cout << failure << '\n';
  const bool quick = played.stop.duration < std::chrono::seconds(2) && played.stop.held_up.empty();
  if (!quick || !played.stop.unused_rules.empty()) std::cout << played.stop;
  return played.failures.empty() && quick && played.stop.unused_rules.empty();
}

int run(Sniffer& sniffer, bool write) {
  if (!check_refusals()) return EXIT_FAILURE;
  const Played played = play_all_cells();
  const Connections captured = sniffer.finish();
  std::vector<Outcome> outcomes;
  const std::size_t failures = check_fields(played, captured, outcomes);
  const std::string text = page(outcomes);
  std::cout << text << '\n'
            << all_cells().size() << " fields, " << outcomes.size() << " of them played, " << failures << " wrong\n";
  const bool right = check_stop(played) && failures == 0 && sniffer.dropped() == 0;
  return right && check_page(text, write) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::faults

int main(int argc, char** arguments) {
  const bool write = argc > 1 && std::string_view(arguments[1]) == "--write";
  return closelab::kernel_test::run_in_private_network(
      arguments, [write](closelab::kernel_test::Sniffer& sniffer) { return closelab::faults::run(sniffer, write); });
}
