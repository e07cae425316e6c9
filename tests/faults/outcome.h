#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "closelab/persistence.h"
#include "closelab/record.h"
#include "closelab/verdict.h"

namespace closelab::faults {

/// How the client's reading ended.
enum class Saw : std::uint8_t {
  eof,
  reset,    ///< recv() failed with ECONNRESET
  own_fin,  ///< it had everything, and closed itself
  in_vain,  ///< nothing came for too long
};

/// What the server sent to end the connection.
enum class Sent : std::uint8_t { nothing, fin, rst, fin_then_rst };

/// When the server went on.
enum class Pace : std::uint8_t {
  at_once,
  late,     ///< after a pause of at least what was asked for
  slow,     ///< in pieces of at most the size that was asked for, with pauses
  hurried,  ///< earlier than asked for, or in larger pieces
};

/// How one field of the matrix went: for the client, on the wire, and in the record.
struct Outcome {
  /// Everything that the client got, its dates replaced (wire.h).
  std::string wire;
  Saw saw = Saw::eof;
  /// Nothing came any more, until the server stopped.
  bool silent = false;
  Sent sent = Sent::fin;
  Pace pace = Pace::at_once;

  CloseReason close_reason = CloseReason::rule;
  Side closed_first = Side::server;
  ClosedBy closed_by = ClosedBy::fin;
  TimeWait time_wait = TimeWait::server;
  Retry retry = Retry::not_needed;
  std::uint64_t requests = 0;
  /// Bytes that the record says no handler said.
  std::uint64_t said_bytes = 0;
};

/// Each fact by its name, for comparison and messages.
std::vector<std::pair<std::string, std::string>> facts(const Outcome& outcome);
/// In a few words: `head + 100 bytes, RST`.
std::string summary(const Outcome& outcome);

}  // namespace closelab::faults
