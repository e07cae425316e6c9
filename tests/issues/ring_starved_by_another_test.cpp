// Who read two captures in turns took packets of the first until none was left: on a machine with little time to spare
// that went on for as long as packets came, and the second lost its own.

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"
#include "net/testbed/capture.h"
#include "tests/support/private_child.h"

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

/// Takes twice as much as collect() may take at once; true when each did no more than it may.
bool takes_its_share() {
  constexpr std::size_t all = 2 * Capture::most_at_once;
  Capture capture({.device = "lo"});
  connect_in_vain(Capture::most_at_once);
  for (std::size_t before = 0; before < all; before = capture.segments().size()) {
    pollfd entry{.fd = capture.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, patience_ms) != 1) return false;
    capture.collect();
    if (capture.segments().size() - before > Capture::most_at_once) return false;
  }
  return true;
}

TEST_CASE("a capture gives way to another after some packets") {
  CHECK(test::holds_in_private_network(takes_its_share));
}

}  // namespace
}  // namespace closelab::testbed
