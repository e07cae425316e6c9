#pragma once

#include <chrono>
#include <vector>

#include "server/lab/audit/played.h"

namespace closelab::lab {

/// A request, and when its head was complete.
struct TimedRequest {
  std::chrono::system_clock::time_point at{};
  const RequestRecord* request = nullptr;
};

/// All of them, in the order in which they came. They refer to the records.
std::vector<TimedRequest> timed_requests(const std::vector<ConnectionRecord>& records);

/// Those that were received from the step's beginning to the next step's.
std::vector<const RequestRecord*> requests_of_step(const std::vector<TimedRequest>& all, const Played& played,
                                                   std::size_t step);

}  // namespace closelab::lab
