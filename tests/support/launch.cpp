#include "tests/support/launch.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"
#include "tests/where.h"

namespace closelab::persona_test {
namespace {

using namespace std::chrono_literals;

// `go run` compiles first.
constexpr auto start_patience = 60s;

bool accepts(const Endpoint& endpoint) {
  const net::SocketAddress address = net::to_socket_address(endpoint);
  const net::UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), address.data(), address.length) == 0;
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  const std::string unpacked = std::string(CLOSELAB_SOURCE_DIR) + "/build/deps/" + name + "/usr/sbin";
  std::istringstream folders(std::string(path != nullptr ? path : "") + ":/usr/sbin:" + unpacked);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::string runnable_by_anybody(const std::string& program, const Folder& folder) {
  return program.starts_with(CLOSELAB_SOURCE_DIR) ? folder.copy_of(program) : program;
}

/// Where the kernel allows no further namespace (in a chroot) the test is root itself, and can become nobody.
std::vector<std::string> without_root() {
  static const bool may_unshare = std::system("unshare --user --map-user=1000 -- true 2>/dev/null") == 0;
  if (may_unshare) return {"unshare", "--user", "--map-user=1000", "--"};
  return {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
}

void await_listener(const Endpoint& endpoint, const cli::Program& program) {
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (!accepts(endpoint)) {
    if (program.has_ended()) throw std::runtime_error("the server did not start: " + program.errors());
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("nobody listens on " + to_string(endpoint));
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace closelab::persona_test
