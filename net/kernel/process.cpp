#include "closelab/process.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace closelab {
namespace {

namespace fs = std::filesystem;

/// What is left of a folder that goes away while it is read, as a process does that ends, is not missed.
template <class Visit>
bool any_entry(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (visit(entry->path())) return true;
  }
  return false;
}

/// 0 for an entry of /proc that is no process.
int pid_in(const fs::path& folder) {
  const std::string name = folder.filename();
  int pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc{} && end == name.data() + name.size() ? pid : 0;
}

bool has_descriptor(const fs::path& process, const std::string& target) {
  return any_entry(process / "fd", [&](const fs::path& descriptor) {
    std::error_code error;
    return fs::read_symlink(descriptor, error) == target;
  });
}

std::string name_of(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

std::optional<Process> process_of(std::uint32_t inode) {
  // The kernel has no descriptor for a socket of TIME_WAIT.
  if (inode == 0) return std::nullopt;
  const std::string target = "socket:[" + std::to_string(inode) + ']';
  std::optional<Process> found;
  any_entry("/proc", [&](const fs::path& process) {
    const int pid = pid_in(process);
    if (pid == 0 || !has_descriptor(process, target)) return false;
    found = Process{pid, name_of(process)};
    return true;
  });
  return found;
}

}  // namespace closelab
