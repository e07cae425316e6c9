#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "closelab/server.h"

namespace closelab::hostile {

/// What a client that behaves saw of the service while others did not.
struct Service {
  std::size_t served = 0;
  std::size_t failed = 0;
  std::chrono::microseconds median{};
  std::chrono::microseconds worst{};
  /// `1234 served, median 0.2 ms, worst 3.1 ms`, and what failed.
  std::string text() const;
};

/// One new connection with one request after the other, until it is stopped; a request at least takes place once.
Service use_service(const Endpoint& server, const std::atomic<bool>& stop);

/// Settled connections by reason. Complete only when none is open.
std::size_t count_ended(const Server& server, CloseReason reason);

/// Until nobody is connected any more; when that takes too long, prints the stories of those that are, and false.
bool await_all_settled(Server& server, std::chrono::milliseconds patience);

}  // namespace closelab::hostile
