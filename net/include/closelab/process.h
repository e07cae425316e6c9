#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>

namespace closelab {

/// A process of this machine, as this PID namespace numbers it.
struct Process {
  std::int64_t pid = 0;
  /// What /proc/PID/comm says: at most 15 bytes.
  std::string name{};

  friend bool operator==(const Process&, const Process&) = default;
};

/// `curl (pid 4711)`.
std::string to_string(const Process& process);
std::ostream& operator<<(std::ostream& out, const Process& process);
/// `curl (pid 4711) and sh (pid 4700)`.
std::string names_of(std::span<const Process> processes);

}  // namespace closelab
