#pragma once

#include <cstdint>
#include <vector>

#include "net/sock_diag.h"

namespace closelab::net {

/// The sockets of this network namespace, IPv4 and IPv6, whose local port is `port`.
/// Empty also when the kernel can't be asked.
std::vector<SocketInfo> sockets_on_port(std::uint16_t port);

}  // namespace closelab::net
