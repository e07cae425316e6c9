#pragma once

#include <algorithm>
#include <chrono>

namespace closelab::server {

/// Far from where the clock's arithmetic would overflow.
constexpr std::chrono::milliseconds longest_time = std::chrono::hours(24 * 365);

/// A time that comes with a call or a response and so can't be refused: a longer one waits so long, a negative one not
/// at all.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds time) {
  return std::clamp(time, std::chrono::milliseconds(0), longest_time);
}

}  // namespace closelab::server
