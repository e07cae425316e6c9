#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "closelab/tcp_state.h"
#include "net/testbed/segment.h"

namespace closelab::testbed {

/// The state in which the kernel showed one end.
struct StateSeen {
  std::chrono::nanoseconds at{};
  Side side = Side::client;
  TcpState state = TcpState::unknown;
};

/// What an application did or saw: `close()`, `reads EOF`.
struct Call {
  std::chrono::nanoseconds at{};
  Side side = Side::client;
  std::string text;
};

/// One step of a connection's ladder.
struct Rung {
  enum class Kind : std::uint8_t { segment, call, states };
  /// Since the first rung.
  std::chrono::nanoseconds at{};
  Kind kind = Kind::segment;
  /// Who sent the segment, or whose call it is.
  Side side = Side::client;
  /// `FIN, ACK`; `close()`.
  std::string text{};
  /// Of a segment: what became of it, and when it arrived.
  Transit transit = Transit::unknown;
  std::chrono::nanoseconds arrived{};
  /// Data segments and their ACKs in a row are one rung: how many.
  std::size_t segments = 1;
  /// Of `states`: what each end turned out to be in; `unknown`: nothing new.
  TcpState client = TcpState::unknown;
  TcpState server = TcpState::unknown;
};

/// The ladder of one connection.
struct Picture {
  Ends ends;
  std::vector<Rung> rungs;
};

/// Draws a connection from its packets, the states that were seen, and what the applications did; all times on one
/// clock. Pure.
Picture draw(const Ends& ends, std::span<const Packet> packets, std::span<const StateSeen> states,
             std::span<const Call> calls);

}  // namespace closelab::testbed
