#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace closelab {

/// A process of this machine.
struct Process {
  int pid = 0;
  /// At most 15 bytes, which the process chooses (/proc/PID/comm): not always printable.
  std::string name{};

  friend bool operator==(const Process&, const Process&) = default;
};

/// The process that has a descriptor of the socket with this inode (TcpSocket::inode); with several, as after fork(),
/// one of them. Empty where there is none, or where the kernel does not show it: the descriptors of other users'
/// processes are theirs and root's to see (proc(5)), those of another container's nobody's. Looks through /proc, which
/// takes about 1 us for each descriptor of each process, and may be called from any thread.
std::optional<Process> process_of(std::uint32_t inode);

}  // namespace closelab
