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

/// How a connection ended; derived from evidence by one pure function, never set by hand.
struct Verdict {
  Side closed_first = Side::undetermined;
  ClosedBy closed_by = ClosedBy::undetermined;
  ResetBy reset_by = ResetBy::undetermined;
  TimeWait time_wait = TimeWait::unknown;
  /// How `time_wait` is known: `sock_diag` when the kernel showed it, else `inferred` (a remote peer).
  Source time_wait_source = Source::inferred;
  /// When the kernel's TIME_WAIT timer was due at the last look; unset when no timer was seen. Linux's
  /// timer wheel may keep the socket up to about 2 s longer.
  std::optional<std::chrono::steady_clock::time_point> time_wait_until{};
  /// What an RST may have cost: bytes of responses that the client had not acknowledged when our side sent it,
  /// or closed with the client about to be answered by one. 0 when nothing was at risk.
  std::uint32_t bytes_at_risk = 0;

  /// What is left of TIME_WAIT; never negative; unset when no timer was seen.
  std::optional<std::chrono::milliseconds> time_wait_remaining(
      std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) const;
};

std::string_view to_string(Side side);
std::string_view to_string(ClosedBy closed_by);
std::string_view to_string(ResetBy reset_by);
std::string_view to_string(TimeWait time_wait);

/// One sentence: `the server closed first, by FIN; TIME_WAIT: server, 59.8 s left`.
std::string describe(const Verdict& verdict);

std::ostream& operator<<(std::ostream& out, Side side);
std::ostream& operator<<(std::ostream& out, ClosedBy closed_by);
std::ostream& operator<<(std::ostream& out, ResetBy reset_by);
std::ostream& operator<<(std::ostream& out, TimeWait time_wait);
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

}  // namespace closelab
