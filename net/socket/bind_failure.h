#pragma once

#include <span>
#include <string>

#include "closelab/endpoint.h"
#include "closelab/socket_options.h"
#include "closelab/tcp_table.h"

namespace closelab::net {

/// Why bind() or listen() failed with `error`, what holds the port, for how long, and what would help.
/// `holders`: the sockets on that port, of whatever address.
std::string explain_bind_failure(const ListenOptions& options, const Endpoint& wanted, int error,
                                 std::span<const TcpSocket> holders);

}  // namespace closelab::net
