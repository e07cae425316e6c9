#include "tests/support/skip.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>

namespace closelab::test {
namespace {

std::atomic<bool> something_was_skipped = false;

bool can_listen_by_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
  ::close(fd);
  return bound;
}

bool in_ci() {
  const char* const ci = std::getenv("CI");
  return ci != nullptr && std::string(ci) == "true";
}

}  // namespace

void skip(const std::string& why) {
  something_was_skipped = true;
  std::cout << (in_ci() ? "FAILED: it must run here, but: " : "SKIPPED: ") << why << std::endl;
}

bool has_ipv6() {
  static const bool has = [] {
    const bool can_listen = can_listen_by_ipv6();
    if (!can_listen) skip("no IPv6");
    return can_listen;
  }();
  return has;
}

int exit_code_with_skips(int exit_code) {
  if (exit_code != EXIT_SUCCESS || !something_was_skipped) return exit_code;
  return in_ci() ? EXIT_FAILURE : skipped_exit_code;
}

}  // namespace closelab::test
