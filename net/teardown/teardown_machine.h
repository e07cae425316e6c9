#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "closelab/close_mode.h"

namespace closelab::net {

/// How far the end of a connection has come on our side, once it has been decided.
enum class TeardownPhase : std::uint8_t {
  flushing,     ///< the response is still being handed to the kernel; neither FIN seen
  half_closed,  ///< the same, and the client's FIN is here (CLOSE_WAIT)
  draining,     ///< our FIN is sent; reading and dropping until the client's
  paused,       ///< our FIN is sent; nothing is read
  withheld,     ///< everything but our FIN is sent; reading and dropping until the client's
  leaked,       ///< the client's FIN is here, and ours will not be sent (CLOSE_WAIT)
  closed,       ///< the descriptor is gone
};

enum class TeardownEvent : std::uint8_t {
  flushed,         ///< the last byte was handed to the kernel
  received_fin,    ///< recv() returned 0
  failed,          ///< recv() or send() failed: reset, or given up by the kernel
  incomplete,      ///< the response can't be completed: its source failed
  time_exceeded,   ///< write_timeout while flushing, the phase's time bound later
  bytes_exceeded,  ///< the drain's byte bound
  stopped,         ///< the server can't wait any longer
};

enum class TeardownAction : std::uint8_t {
  none,
  withhold_fin,  ///< leave our FIN unsent
  send_fin,      ///< shutdown(SHUT_WR)
  close,         ///< our FIN unless it is sent or useless, then close()
  abort,         ///< SO_LINGER{1,0} and close(): RST
};

struct TeardownStep {
  TeardownPhase phase;
  TeardownAction action;

  friend bool operator==(const TeardownStep&, const TeardownStep&) = default;
};

/// What happens next; empty for a transition that must not occur.
std::optional<TeardownStep> next_step(CloseMode mode, TeardownPhase phase, TeardownEvent event);

std::string_view to_string(TeardownPhase phase);
std::string_view to_string(TeardownEvent event);
std::string_view to_string(TeardownAction action);

}  // namespace closelab::net
