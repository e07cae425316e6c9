#pragma once

#include <span>

#include "net/testbed/segment.h"
#include "server/lab/experiments/expectation.h"

namespace closelab::lab {

/// What the packets of the connection that is drawn tell.
void take_down_packets(std::span<const testbed::Packet> packets, Observations& observed);

/// What the packets of all connections tell.
void take_down_connections(const testbed::Connections& connections, Observations& observed);

}  // namespace closelab::lab
