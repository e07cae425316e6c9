#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/rule.h"

namespace closelab::faults {

// What the matrix is played with: a request with a body, a response with a longer one, and a second request.
constexpr std::size_t request_body_bytes = 200;
constexpr std::size_t response_body_bytes = 300;
/// Of `request_body` and `response_body`.
constexpr std::uint64_t trigger_bytes = 100;
/// Of `response_wire`: in the middle of the head.
constexpr std::uint64_t wire_bytes = 12;
/// Not to be found in anything else that is sent.
constexpr std::string_view sent_bytes = "<sent>";
constexpr std::string_view answer_body = "answered";
constexpr int answer_status = 503;
constexpr int interim_status = 103;
constexpr std::chrono::milliseconds idle_for{30};
constexpr std::chrono::milliseconds delay_time{100};
constexpr SlowAction pace{.bytes = 100, .every = std::chrono::milliseconds(10)};
constexpr CloseTimes close_times{.delayed_time = std::chrono::milliseconds(60),
                                 .half_time = std::chrono::milliseconds(60'000),
                                 .deferred_time = std::chrono::milliseconds(60)};

/// A row of the matrix.
struct Moment {
  Trigger trigger;
  /// Of `next_request`.
  std::chrono::milliseconds idle_at_least{0};
};

/// One field of the matrix.
struct Cell {
  Moment moment;
  Action action;

  At at() const { return moment.trigger.at; }
};

/// The rows and the columns.
std::span<const Moment> moments();
std::span<const Action> actions();
/// Every field, row by row.
std::vector<Cell> all_cells();
/// Those whose rules make sense.
std::vector<Cell> played_cells();

/// The mode of a close; null for the other actions.
const CloseMode* mode_of(const Cell& cell);
/// The mode of a close, also after an answer or after bytes; null where the connection goes on.
const CloseMode* end_of(const Cell& cell);
/// The rule that acts once, on that connection and its first request.
Rule rule_of(const Cell& cell, std::uint64_t connection);
/// What is wrong with that rule; empty when nothing is.
std::string refusal_of(const Cell& cell);

/// Is there a request whose answer has not been sent?
bool is_asked(At at);

/// Does the client send its second request? Not when the connection is to end before it.
bool sends_second_request(const Cell& cell);

}  // namespace closelab::faults
