#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "closelab/evidence.h"
#include "net/kernel/sock_diag.h"
#include "net/memory/insist.h"

namespace closelab::net {

/// A connection on its way out: what identifies it to the kernel, and what has been observed of its end.
struct EndedConnection {
  std::uint64_t id = 0;
  TcpTuple tuple;
  /// SO_COOKIE, which the kernel keeps into TIME_WAIT.
  std::uint64_t cookie = 0;
  std::chrono::steady_clock::time_point accepted_at{};
  std::vector<Evidence> evidence;

  /// Appends a fact, with the time since accept().
  void note(Source source, Fact fact) {
    // A step of the end that is half done can't be begun anew, and without its fact the verdict would be another.
    insist([&] { evidence.push_back({std::chrono::steady_clock::now() - accepted_at, source, fact}); });
  }
};

}  // namespace closelab::net
