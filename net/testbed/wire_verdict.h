#pragma once

#include <span>
#include <vector>

#include "closelab/verdict.h"
#include "net/testbed/packet.h"

namespace closelab::testbed {

/// Who closed first, and with what.
struct First {
  Side side = Side::undetermined;
  ClosedBy by = ClosedBy::undetermined;

  friend bool operator==(const First&, const First&) = default;
};

/// How a connection ended, according to its packets. Where a list has several values the capture is ambiguous:
/// each of them may be the truth.
///
/// An RST that comes when both FINs have been acknowledged may have come after the verdict had settled, so what it
/// takes away, and the RST itself, is in the lists next to what was true before.
struct WireVerdict {
  std::vector<First> first;
  std::vector<ResetBy> reset_by;
  std::vector<TimeWait> time_wait;
};

/// Reads the packets of one connection, in the order in which the sniffer saw them. It relies on sequence and
/// acknowledgement numbers, not on times: a segment that acknowledges a FIN was sent after that FIN arrived, whereas
/// the sniffer may see segments of two CPUs in either order.
WireVerdict read_wire(std::span<const Packet> packets);

}  // namespace closelab::testbed
