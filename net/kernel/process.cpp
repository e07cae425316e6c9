#include "net/kernel/process.h"

#include <dirent.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
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
/// libstdc++'s directory_iterator needs memory where it may not throw.
template <class Visit>
void each_entry(const fs::path& directory, Visit visit) {
  struct Close {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  const std::unique_ptr<DIR, Close> open(::opendir(directory.c_str()));
  if (open == nullptr) return;
  while (const dirent* entry = ::readdir(open.get())) visit(directory / entry->d_name);
}

std::optional<std::int64_t> process_id(const fs::path& directory) {
  const std::string name = directory.filename().string();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  const bool is_id = error == std::errc{} && end == name.data() + name.size();
  return is_id ? std::optional(id) : std::nullopt;
}

/// A socket's descriptor is a link to `socket:[INODE]`.
std::optional<std::uint32_t> socket_inode(const fs::path& descriptor) {
  std::error_code error;
  const std::string target = fs::read_symlink(descriptor, error).string();
  constexpr std::string_view prefix = "socket:[";
  if (!target.starts_with(prefix)) return std::nullopt;
  std::uint32_t inode = 0;
  std::from_chars(target.data() + prefix.size(), target.data() + target.size(), inode);
  return inode;
}

std::string name_of(const fs::path& directory) {
  std::ifstream file(directory / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

/// The sockets of all processes, by inode.
std::map<std::uint32_t, std::vector<Process>> read_owners() {
  std::map<std::uint32_t, std::set<std::int64_t>> ids;
  each_entry("/proc", [&](const fs::path& directory) {
    const auto id = process_id(directory);
    if (!id) return;
    each_entry(directory / "fd", [&](const fs::path& descriptor) {
      if (const auto inode = socket_inode(descriptor)) ids[*inode].insert(*id);
    });
  });
  std::map<std::uint32_t, std::vector<Process>> owners;
  for (const auto& [inode, processes] : ids)
    for (const std::int64_t id : processes) owners[inode].push_back({id, name_of("/proc/" + std::to_string(id))});
  return owners;
}

}  // namespace

std::vector<Process> processes_of(std::uint32_t inode) {
  if (inode == 0) return {};
  return read_owners()[inode];
}

std::vector<Process> SocketOwners::of(std::uint32_t inode) {
  // Who asks about many does so within `together`; what was there before `lasting` may be another's by now.
  constexpr std::chrono::milliseconds together{20};
  constexpr std::chrono::milliseconds lasting{200};
  if (inode == 0) return {};
  const std::lock_guard lock(mutex_);
  const auto age = Clock::now() - read_at_;
  if (age > lasting || (age > together && !owners_.contains(inode))) {
    owners_ = read_owners();
    read_at_ = Clock::now();
  }
  const auto found = owners_.find(inode);
  return found != owners_.end() ? found->second : std::vector<Process>{};
}

std::vector<Process> processes_of(const TcpTuple& end) {
  SockDiag diag;
  SocketInfo found;
  diag.look_up({&end, 1}, {&found, 1});
  return processes_of(found.inode);
}

}  // namespace net
}  // namespace closelab
