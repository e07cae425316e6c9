#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "closelab/evidence.h"

namespace closelab {

/// Who sent its FIN or RST first. `both`: the FINs crossed (RFC 9293 §3.6, Figure 13).
enum class Side : std::uint8_t { undetermined, server, client, both };

/// With what the side that closed first did it. `timeout`: a kernel timer gave the connection up.
enum class ClosedBy : std::uint8_t { undetermined, fin, rst, timeout };

/// Who sent an RST at any point of the end, also after the FINs.
enum class ResetBy : std::uint8_t { undetermined, none, server, client };

/// Who holds TIME_WAIT (RFC 9293 §3.3.2). `unknown` where it could not be seen.
enum class TimeWait : std::uint8_t { unknown, none, server, client, both };

/// Why something of a verdict is not known; docs/outcomes.md has a table.
enum class UnknownBecause : std::uint8_t {
  none,                   ///< it is known
  open,                   ///< the connection has not ended yet
  fins_may_have_crossed,  ///< both had closed before anybody looked
  fin_was_queued,         ///< our FIN waited behind data, and the client's may have overtaken it
  abort_raced,            ///< our RST met a FIN or RST of the client's, of which our kernel does not tell when it left
  ended_behind_close,     ///< it ended after close(), and nobody looked at what came
  ends_crossed,           ///< on the wire an RST and another RST, or a FIN, crossed: nothing tells which left first
  client_is_remote,       ///< the client's end is on another machine
  not_looked_up,          ///< lookups are off, or were skipped
  lookup_failed,          ///< the kernel could not be asked
  tuple_reused,           ///< a newer connection has the addresses and ports
  packets_missed,         ///< the witness lacks packets of it, and without them nothing tells
  not_awaited,            ///< the server has stopped before our end came to its final state
};

/// How a connection ended; derived from evidence by one pure function, never set by hand.
struct Verdict {
  Side closed_first = Side::undetermined;
  ClosedBy closed_by = ClosedBy::undetermined;
  ResetBy reset_by = ResetBy::undetermined;
  TimeWait time_wait = TimeWait::unknown;
  /// How `time_wait` is known: `sock_diag` when the kernel showed it, else `inferred` (a remote peer).
  Source time_wait_source = Source::inferred;
  /// When the kernel's TIME_WAIT timer was due at the last look; unset when no timer was seen. Linux's
  /// timer wheel may keep the socket up to about 2 s longer. With `time_wait` unknown it is our end's, and it is the
  /// client's end that can't be seen.
  std::optional<std::chrono::steady_clock::time_point> time_wait_until{};
  /// What the end may have cost: bytes handed to the kernel that the client had not acknowledged when an RST, of either
  /// side, ended the connection, or our kernel dropped it. 0: all was acknowledged, which is not to say that the
  /// client's program has read it. Unset while it is not known.
  std::optional<std::uint32_t> bytes_at_risk{};
  /// How `closed_first` and `closed_by` are known: `inferred` also where a FIN of a remote client's may have been lost
  /// on its way, and come too late to be the first.
  Source closed_first_source = Source::inferred;
  /// Our end is gone, and the client's, on this machine, is still in this state: CLOSE_WAIT when it has our FIN and has
  /// not closed. `unknown` otherwise.
  TcpState client_left_in = TcpState::unknown;
  /// The client's end, on this machine, is gone, and ours is still in FIN_WAIT_2: what the client sent last, if
  /// anything, did not end it, and its time (net.ipv4.tcp_fin_timeout) will. `unknown` otherwise.
  TcpState server_left_in = TcpState::unknown;
  /// TIME_WAIT was looked for again, and was not there any more although its time was not over: taken over by a new
  /// connection with the same addresses and ports, or ended by an RST (RFC 1337).
  bool time_wait_gone = false;
  /// Why `closed_first` is undetermined.
  UnknownBecause undetermined_because = UnknownBecause::open;
  /// Why `time_wait` is unknown.
  UnknownBecause time_wait_unknown_because = UnknownBecause::open;

  /// What is left of TIME_WAIT; never negative; unset when no timer was seen.
  std::optional<std::chrono::milliseconds> time_wait_remaining(
      std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) const;
};

std::string_view to_string(Side side);
std::string_view to_string(ClosedBy closed_by);
std::string_view to_string(ResetBy reset_by);
std::string_view to_string(TimeWait time_wait);
std::string_view to_string(UnknownBecause because);
/// `the client is on another machine`.
std::string_view describe(UnknownBecause because);

/// One sentence: `the server closed first, by FIN; TIME_WAIT: server, 59.8 s left`.
std::string describe(const Verdict& verdict);

std::ostream& operator<<(std::ostream& out, Side side);
std::ostream& operator<<(std::ostream& out, ClosedBy closed_by);
std::ostream& operator<<(std::ostream& out, ResetBy reset_by);
std::ostream& operator<<(std::ostream& out, TimeWait time_wait);
std::ostream& operator<<(std::ostream& out, UnknownBecause because);
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

}  // namespace closelab
