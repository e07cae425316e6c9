#include "tests/kernel/private_network.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/unique_fd.h"

namespace closelab::kernel_test {
namespace {

constexpr const char* inside = "CLOSELAB_KERNEL_TEST_INSIDE";

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) fail("writing " + path);
}

/// unshare(2) wants a single thread, and ThreadSanitizer has started one already: unshare(1) starts us anew, inside.
[[noreturn]] void start_again_inside(char** arguments) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<const char*> command{"unshare", "--user", "--map-root-user", "--net", "--", self.c_str()};
  for (char** argument = arguments + 1; *argument != nullptr; ++argument) command.push_back(*argument);
  command.push_back(nullptr);
  ::setenv(inside, "yes", 1);
  ::execvp(command[0], const_cast<char**>(command.data()));
  fail("starting unshare(1)");
}

void unshare_network(char** arguments) {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + uid + " 1");
    write_file("/proc/self/gid_map", "0 " + gid + " 1");
    return;
  }
  if (::unshare(CLONE_NEWNET) == 0) return;  // root without user namespaces
  if (errno == EPERM && uid != "0") start_again_inside(arguments);
  fail("unshare(CLONE_NEWUSER | CLONE_NEWNET)");
}

void bring_loopback_up() {
  const net::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0) fail("bringing lo up");
}

}  // namespace

void enter_private_network(char** arguments) {
  if (std::getenv(inside) == nullptr) unshare_network(arguments);
  bring_loopback_up();
  write_file("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
}

}  // namespace closelab::kernel_test
