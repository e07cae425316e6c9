#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "closelab/witness.h"

namespace closelab::capture {

/// What a captured frame begins with.
enum class LinkLayer : std::uint8_t {
  ethernet,   ///< lo has it, too
  ip,         ///< IP at once: TUN
  any_device  ///< the header that libpcap puts in front of frames of all interfaces (LINKTYPE_LINUX_SLL2)
};

/// The ends and the TCP header of a captured frame; empty when it holds none, or IPv6 extension headers. The kernel
/// test judges the verdicts by a capture with a reader of its own (net/testbed/segment.h): a fault of this one must not
/// be one of its judge's.
std::optional<SeenSegment> read_frame(std::span<const std::uint8_t> frame, LinkLayer link);

}  // namespace closelab::capture
