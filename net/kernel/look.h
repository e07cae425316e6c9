#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "closelab/tcp_state.h"
#include "closelab/verdict.h"

namespace closelab::net {

/// What observation has come to: the kernel's states may still change, or are final.
enum class Progress : std::uint8_t { transitional, settled };

/// What a look at both ends of a connection has found: at the client's first, then at ours.
struct Look {
  TcpState own = TcpState::unknown;
  /// Unknown: the client's end can't be seen.
  TcpState peer = TcpState::unknown;
  /// How many looks there have been, with this one.
  int count = 1;
  /// What the look before this one found; unknown at the first.
  TcpState own_before = TcpState::unknown;
  TcpState peer_before = TcpState::unknown;
};

/// Whether an end may be there that was not found, or may be gone since it was: the look is to be taken once more.
bool is_doubtful(const Look& look, std::span<const Evidence> evidence);

/// Nothing leads out of it but TIME_WAIT's end.
bool is_final(TcpState state);

/// Whether the states of both ends (`peer` unknown: can't be seen) can't change any more, but for TIME_WAIT's end.
/// An end that stays although the other is gone settles after the fourth look: the client's in any state, ours in
/// FIN_WAIT_2, which the kernel gives up when tcp_fin_timeout is over.
Progress judge_states(TcpState own, TcpState peer, int looks);

/// How long to wait before the look after the `looks`-th.
std::chrono::milliseconds next_look(int looks);

}  // namespace closelab::net
