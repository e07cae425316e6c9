#pragma once

#include <cstdint>
#include <vector>

#include "closelab/process.h"
#include "net/kernel/sock_diag.h"

namespace closelab::net {

/// The processes that have a descriptor of the socket with this inode (SocketInfo::inode), by their ids; several when
/// one was inherited. Only those that this user may look into (proc(5): /proc/PID/fd), and only in this PID namespace.
/// Reads all of /proc: a few milliseconds on a machine with a thousand processes.
std::vector<Process> processes_of(std::uint32_t inode);

/// The same of the socket that is this end of a connection. None when that is not on this machine, or when only the
/// kernel still has it.
std::vector<Process> processes_of(const TcpTuple& end);

}  // namespace closelab::net
