#include "net/kernel/process.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string_view>
#include <system_error>

namespace closelab {

std::string to_string(const Process& process) { return process.name + " (pid " + std::to_string(process.pid) + ")"; }

std::ostream& operator<<(std::ostream& out, const Process& process) { return out << to_string(process); }

std::string names_of(std::span<const Process> processes) {
  std::string names;
  for (const Process& process : processes) names += (names.empty() ? "" : " and ") + to_string(process);
  return names;
}

namespace net {
namespace {

namespace fs = std::filesystem;

/// Each entry of a directory that may be read. Processes end meanwhile, and their directories with them.
template <class Visit>
void each_entry(const fs::path& directory, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    visit(entry->path());
}

std::optional<std::int64_t> process_id(const fs::path& directory) {
  const std::string name = directory.filename().string();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  const bool is_id = error == std::errc{} && end == name.data() + name.size();
  return is_id ? std::optional(id) : std::nullopt;
}

/// Has the process of that directory a descriptor that is a link to `target`?
bool has_descriptor(const fs::path& directory, std::string_view target) {
  bool found = false;
  each_entry(directory / "fd", [&](const fs::path& descriptor) {
    std::error_code error;
    found = found || fs::read_symlink(descriptor, error) == target;
  });
  return found;
}

std::string name_of(const fs::path& directory) {
  std::ifstream file(directory / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

std::vector<Process> processes_of(std::uint32_t inode) {
  std::vector<Process> found;
  if (inode == 0) return found;
  const std::string target = "socket:[" + std::to_string(inode) + "]";
  each_entry("/proc", [&](const fs::path& directory) {
    const auto id = process_id(directory);
    if (id && has_descriptor(directory, target)) found.push_back({*id, name_of(directory)});
  });
  std::ranges::sort(found, {}, &Process::pid);
  return found;
}

std::vector<Process> processes_of(const TcpTuple& end) {
  SockDiag diag;
  SocketInfo found;
  diag.look_up({&end, 1}, {&found, 1});
  return processes_of(found.inode);
}

}  // namespace net
}  // namespace closelab
