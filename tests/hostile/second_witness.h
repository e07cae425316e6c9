#pragma once

#include <cstddef>

#include "closelab/server.h"
#include "tests/hostile/story.h"
#include "tests/support/capture.h"

namespace closelab::hostile {

/// What the packets said about records, in numbers.
struct Compared {
  std::size_t records = 0;
  /// Of their four answers each (who closed first, by what, who reset, where TIME_WAIT is).
  std::size_t answers = 0;
  std::size_t undetermined = 0;
  std::size_t wrong = 0;
};

/// Compares what a stopped server says of the connections that it remembers with their packets. Connections whose
/// addresses and ports were used twice are left out, and everything where packets were missed.
Compared compare(const Server& server, kernel_test::Sniffer& sniffer, Findings& findings);

}  // namespace closelab::hostile
