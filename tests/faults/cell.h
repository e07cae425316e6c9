#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "closelab/rule.h"

namespace closelab::faults {

// What the matrix is played with: a request with a body, a response with a longer one, and a second request.
constexpr std::size_t request_body_bytes = 200;
constexpr std::size_t response_body_bytes = 300;
/// Of `request_body` and `response_body`.
constexpr std::uint64_t trigger_bytes = 100;
constexpr std::chrono::milliseconds idle_for{30};
constexpr std::chrono::milliseconds delay_time{100};
constexpr SlowAction pace{.bytes = 100, .every = std::chrono::milliseconds(10)};
constexpr CloseTimes close_times{.delayed_time = std::chrono::milliseconds(60),
                                 .half_time = std::chrono::milliseconds(60'000),
                                 .deferred_time = std::chrono::milliseconds(60)};

/// One field of the matrix.
struct Cell {
  Trigger trigger;
  Action action;
};

/// The rows and the columns.
std::span<const Trigger> triggers();
std::span<const Action> actions();
/// Every field, row by row.
std::vector<Cell> all_cells();

/// The mode of a close; null for the other actions.
const CloseMode* mode_of(const Cell& cell);
/// The rule that acts once, on that connection and its first request.
Rule rule_of(const Cell& cell, std::uint64_t connection);

/// Does the client send its second request? Not when the connection is to end before it.
bool sends_second_request(const Cell& cell);

}  // namespace closelab::faults
