#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "closelab/evidence.h"
#include "closelab/verdict.h"

namespace closelab::net {

/// Derives how a connection ended from what was observed, in the order it was observed. Pure: the same
/// evidence gives the same verdict, and what the evidence does not decide stays `undetermined` or `unknown`.
/// `accepted_at` turns the evidence's times into points on the clock, for `time_wait_until`.
Verdict derive_verdict(std::span<const Evidence> evidence, std::chrono::steady_clock::time_point accepted_at = {});

/// How many of the last bytes handed to the kernel the client may not have acknowledged: no more than these, by the
/// last look and the last packet that told. Unset when nobody looked.
std::optional<std::uint32_t> unacknowledged_at_most(std::span<const Evidence> evidence);

/// Our RST met a client on this machine that had sent nothing that we had not read: what a local client sends is here
/// at once, so that a look at our queue, after one at an end of its that was still ESTABLISHED, shows it.
bool was_client_silent(std::span<const Evidence> evidence);

}  // namespace closelab::net
