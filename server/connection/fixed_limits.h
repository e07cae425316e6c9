#pragma once

#include <chrono>
#include <cstddef>

// The bounds that no option changes. docs/limits.md tells them, and a test compares.

namespace closelab::server {

/// Refused clients that may keep their end open, each for as long as the close mode allows.
constexpr std::size_t most_refused = 1024;
/// Between two tries to accept while descriptors are short: long enough not to spin, short enough not to be noticed
/// when they are back.
constexpr std::chrono::milliseconds accept_pause{200};
/// What is read and dropped at an end before other connections have their turn.
constexpr std::size_t drain_budget = 1024 * 1024;
/// Pipelined responses are gathered into one write up to this size.
constexpr std::size_t gathered_output = 64 * 1024;

}  // namespace closelab::server
