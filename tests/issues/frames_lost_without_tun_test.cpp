// Where /dev/net/tun may not be used, what a host sent was lost when some 250 frames waited for the relay. A lost RST
// is not sent again: its receiver hung. TUN devices held 500.

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <functional>
#include <string>

#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"
#include "net/testbed/link.h"
#include "net/testbed/network.h"
#include "tests/support/private_child.h"

namespace closelab::testbed {
namespace {

/// With the link to a host of its own.
bool passes(LinkKind kind, const std::function<bool(Wire&)>& body) {
  return test::holds_in_private_network([&] {
    Wire wire = make_link(kind, {"host", client_address, server_address});
    return body(wire);
  });
}

void send_datagrams(std::size_t count) {
  const net::UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const net::SocketAddress to = net::to_socket_address(*net::parse_address(server_address, 9));
  const std::string full(1400, 'x');
  for (std::size_t i = 0; i < count; ++i) ::sendto(sender.get(), full.data(), full.size(), 0, to.data(), to.length);
}

std::size_t take_all(Wire& wire) {
  std::size_t taken = 0;
  for (std::string packet; wire.take(packet);) taken += packet.size() > 1400 ? 1 : 0;
  return taken;
}

TEST_CASE("a burst of 7 MB waits for the relay, and none of it is lost, by either link") {
  for (const LinkKind kind : {LinkKind::veth, LinkKind::tun}) {
    CAPTURE(static_cast<int>(kind));
    if (kind == LinkKind::tun && allowed_link() != LinkKind::tun) continue;
    CHECK(passes(kind, [](Wire& wire) {
      bool complete = true;
      for (const std::size_t burst : {5000, 5000, 5000}) {  // more than once around
        send_datagrams(burst);
        complete = complete && take_all(wire) == burst;
      }
      return complete && wire.lost() == 0;
    }));
  }
}

TEST_CASE("what is lost nevertheless is counted") {
  CHECK(passes(LinkKind::veth, [](Wire& wire) {
    send_datagrams(10'000);
    const std::size_t taken = take_all(wire);
    return taken < 10'000 && wire.lost() == 10'000 - taken;
  }));
}

}  // namespace
}  // namespace closelab::testbed
