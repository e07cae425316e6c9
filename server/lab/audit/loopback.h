#pragma once

#include <chrono>
#include <cstdint>

#include "closelab/endpoint.h"
#include "net/testbed/socket.h"

namespace closelab::lab {

/// That port of 127.0.0.1.
Endpoint on_loopback(std::uint16_t port);

/// A connection to it; not open when it is refused, or not completed in time.
testbed::Socket connect_on_loopback(std::uint16_t port, std::chrono::milliseconds longest);

}  // namespace closelab::lab
