// Each of an audit's servers makes its witness on a thread of its own, and all of them wrote the same text of
// libpcap's, for a status that is no failure: a race, which ThreadSanitizer reports.

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "closelab/packet_witness.h"

namespace closelab {
namespace {

/// Why there is no witness; empty when there is one.
std::string make_one() {
  try {
    packet_witness();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("witnesses that are made at the same time are made alike") {
  std::vector<std::string> why(8);
  std::vector<std::thread> makers;
  for (std::string& each : why) makers.emplace_back([&each] { each = make_one(); });
  for (std::thread& maker : makers) maker.join();
  for (const std::string& each : why) CHECK(each == why.front());
}

}  // namespace
}  // namespace closelab
