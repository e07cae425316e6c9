#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// The bounds of the program that no setting changes. docs/limits.md tells them, and a test compares.

namespace closelab::lab {

constexpr std::size_t admin_connections = 256;
/// Kept for those who connect to the admin port when clients have taken every descriptor: this is where to see it, and
/// to do something about it.
constexpr std::size_t admin_spare_descriptors = 8;
/// How long a request to the admin port may wait for something.
constexpr std::chrono::minutes longest_wait{10};

/// What is kept of events for a reader that is slow.
constexpr std::size_t event_reader_bytes = 256 * 1024;

/// Lines of the log that wait for their reader.
constexpr std::size_t most_log_lines = 10'000;
/// A reader of the log that has read nothing for so long is waited for no longer.
constexpr std::chrono::milliseconds log_patience{1000};

/// A play that a mistaken repeat makes longer than this would run for hours.
constexpr std::uint64_t most_play_steps = 100'000;
/// What a step of a play sends is made in memory.
constexpr std::uint64_t most_step_bytes = std::uint64_t{64} << 20;

}  // namespace closelab::lab
