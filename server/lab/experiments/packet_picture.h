#pragma once

#include <chrono>
#include <span>
#include <string>

#include "closelab/tcp_state.h"
#include "net/testbed/segment.h"
#include "server/record/picture.h"

namespace closelab::lab {

/// The state in which the kernel showed one end.
struct StateSeen {
  std::chrono::nanoseconds at{};
  Side side = Side::client;
  TcpState state = TcpState::unknown;
};

/// What an application did or saw: `close()`, `reads EOF`.
struct CallSeen {
  std::chrono::nanoseconds at{};
  Side side = Side::client;
  std::string text;
};

/// A connection that was watched from outside: from its packets, the states that were seen, and what the applications
/// did; all times on one clock. Data in bulk becomes one rung for what one side sent, and one for the ACKs of the
/// other; anything else that happens ends such a run, so that no rung reaches across it. Pure.
server::Picture picture_of(const testbed::Ends& ends, std::span<const testbed::Packet> packets,
                           std::span<const StateSeen> states, std::span<const CallSeen> calls);

}  // namespace closelab::lab
