// Who read two captures in turns took packets of the first until none was left: on a machine with little time to spare
// that went on for as long as packets came, and the second lost its own.

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "net/socket/socket_address.h"
#include "net/testbed/capture.h"
#include "net/testbed/network.h"
#include "tests/support/skip.h"

namespace closelab::testbed {
namespace {

// Reached only when something is wrong.
constexpr int patience_ms = 10'000;

/// Two segments each: a SYN, and the RST that answers it.
void connect_in_vain(int times) {
  const net::SocketAddress nobody = net::to_socket_address(*net::parse_address("127.0.0.1", 9));
  for (int i = 0; i < times; ++i) {
    const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    static_cast<void>(::connect(fd.get(), nobody.data(), nobody.length));
  }
}

/// The most that collect() took at once of twice as much.
std::size_t most_taken_at_once() {
  constexpr std::size_t all = 2 * Capture::most_at_once;
  enter_private_network();
  Capture capture({.device = "lo"});
  connect_in_vain(Capture::most_at_once);
  std::size_t most = 0;
  for (std::size_t before = 0; before < all; before = capture.segments().size()) {
    pollfd entry{.fd = capture.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, patience_ms) != 1) throw std::runtime_error("not all packets come");
    capture.collect();
    most = std::max(most, capture.segments().size() - before);
  }
  return most;
}

TEST_CASE("a capture gives way to another after some packets") {
  constexpr int not_allowed = 2;
  std::cout << std::flush;  // or the child prints it, too
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(most_taken_at_once() <= Capture::most_at_once ? EXIT_SUCCESS : EXIT_FAILURE);
    } catch (const std::exception& error) {
      std::cout << error.what() << std::endl;
      ::_exit(not_allowed);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_allowed) test::skip("no private network, or no capture in it");
  CHECK(WEXITSTATUS(status) == EXIT_SUCCESS);
}

}  // namespace
}  // namespace closelab::testbed
