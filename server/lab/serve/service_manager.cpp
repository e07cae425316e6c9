#include "server/lab/serve/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "net/socket/unique_fd.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

/// SD_LISTEN_FDS_START.
constexpr int first_handed_over = 3;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<int> take_handed_over_socket() {
  const std::string count(variable("LISTEN_FDS"));
  if (count.empty() || count == "0" || variable("LISTEN_PID") != fmt::format("{}", ::getpid())) return std::nullopt;
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (count != "1") throw UsageError(fmt::format("LISTEN_FDS={}: closelab serve takes one socket", count));
  return first_handed_over;
}

void notify(std::string_view state) {
  const std::string_view path = variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::ranges::copy(path, address.sun_path);
  // `@` stands for the null byte with which the names of abstract sockets begin.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const net::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace closelab::lab
