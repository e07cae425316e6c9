#pragma once

#include <cstddef>
#include <span>

#include "closelab/tcp_table.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Sorts the sockets into the server's own and those of its clients on this machine, and counts each by state;
/// with every one in TIME_WAIT, the longest left first, at most `listed`. `server` is where it listens. Pure.
Json states_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed);

/// Each of them, with the time that is left on the kernel's timer where there is one; at most `listed` of a side, and
/// of these open ones first. Pure.
Json sockets_json(const Endpoint& server, std::span<const TcpSocket> sockets, std::size_t listed);

}  // namespace closelab::lab
