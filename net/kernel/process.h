#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "closelab/process.h"
#include "net/kernel/sock_diag.h"

namespace closelab::net {

/// The processes that have a descriptor of the socket with this inode (SocketInfo::inode), by their ids; several when
/// one was inherited. Only those that this user may look into (proc(5): /proc/PID/fd), and only in this PID namespace.
/// Reads all of /proc, which takes milliseconds.
std::vector<Process> processes_of(std::uint32_t inode);

/// The same of the socket that is this end of a connection. None when that is not on this machine, or when only the
/// kernel still has it.
std::vector<Process> processes_of(const TcpTuple& end);

/// The same for whoever asks about many sockets: /proc is read once for those that are asked about together. May be
/// called from any thread.
class SocketOwners {
 public:
  std::vector<Process> of(std::uint32_t inode);

 private:
  using Clock = std::chrono::steady_clock;

  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<Process>> owners_;
  Clock::time_point read_at_{};
};

}  // namespace closelab::net
