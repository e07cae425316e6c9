#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/record.h"
#include "tests/kernel/endings.h"
#include "tests/support/capture.h"

namespace closelab::kernel_test {

/// A connection that a client made, and how it was to end.
struct Played {
  const Ending* ending;
  Ends ends;
  /// Orders the connections that had the same ends one after the other.
  std::chrono::steady_clock::time_point connected_at;
  /// What kept the client from its part: a server that does not answer, for instance.
  std::string failure{};
};

struct Performance {
  std::vector<Played> played;
  std::vector<ConnectionRecord> records;
  /// Of the servers; they should be as many.
  std::uint64_t accepted = 0;
  std::uint64_t settled = 0;
  /// What went wrong outside of any verdict: nobody to connect to, a connection that does not settle, a request that is
  /// said to be safe although a handler has got it.
  std::vector<std::string> failures;

  void add(Performance other);
};

/// Endings to draw from: some for many threads at once, and races, for few.
struct Repertoire {
  std::vector<std::span<const Ending>> mixed;
  std::vector<std::span<const Ending>> races;
};

/// Plays `connections` connections with these endings mixed at random, on several threads, and waits until all have
/// settled. Only endings whose names contain `only`. The seed decides which endings are drawn and what each draws,
/// though not how its races go.
Performance play_endings(Lab& lab, const Repertoire& repertoire, std::string_view only, std::size_t connections,
                         std::uint64_t seed);

/// Stops whole servers with connections open, `rounds` times; every other one is in mode never.
Performance play_stops(std::size_t rounds, std::uint64_t seed);
/// Connections of one round of stops.
constexpr std::size_t connections_per_stop = 16;

}  // namespace closelab::kernel_test
