#pragma once

#include <memory>

#include "closelab/witness.h"

namespace closelab {

/// A witness that captures segments with SYN, FIN or RST on all interfaces of this network namespace, by a filter in
/// the kernel (AF_PACKET, by libpcap). Throws std::runtime_error, with what the kernel said, when that is not allowed:
/// it needs CAP_NET_RAW. Of the target closelab::capture, which needs libpcap.
std::shared_ptr<Witness> packet_witness();

}  // namespace closelab
