#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "closelab/evidence.h"
#include "closelab/verdict.h"

namespace closelab::net {

/// Whether a segment of the client's came that found our socket gone. `perhaps`: after our abort an ACK of what we
/// sent before draws an RST, too.
enum class LateSegment : std::uint8_t { none, perhaps, data };

/// What the captured segments of one connection tell of its end.
struct CapturedOrder {
  /// Undetermined when an RST and another FIN or RST crossed: whoever has got an RST sends nothing more, so that
  /// nothing on the wire tells which left first.
  Side closed_first = Side::undetermined;
  ClosedBy closed_by = ClosedBy::undetermined;
  ResetBy reset_by = ResetBy::none;
  /// The client sent a FIN before it had ours: TIME_WAIT is the end of its way, unless an RST ends it before.
  bool client_closed_actively = false;
  /// Its FIN acknowledges ours, but bytes came before it that ours did not acknowledge: it may have waited behind them,
  /// its sender in FIN_WAIT_1 already, while ours arrived.
  bool client_fin_may_have_waited = false;
  bool both_fins = false;
  LateSegment late = LateSegment::none;
  /// Bytes before the server's FIN that no captured segment of the client's acknowledged. Unset without that FIN: more
  /// may have been queued.
  std::optional<std::uint32_t> unacknowledged{};
};

/// Reads the order from sequence and acknowledgement numbers (RFC 9293 §3.4), never from times: a segment that
/// acknowledges a FIN was sent after that FIN had arrived, whereas two processors may show segments to a capture in
/// either order. Pure. Empty when the evidence has no captured FIN or RST, or when some may be missing.
std::optional<CapturedOrder> captured_order(std::span<const Evidence> evidence);

}  // namespace closelab::net
