#include "server/lab/audit/loopback.h"

#include <poll.h>

namespace closelab::lab {

Endpoint on_loopback(std::uint16_t port) {
  return {.family = AddressFamily::ipv4, .port = port, .address = {127, 0, 0, 1}};
}

testbed::Socket connect_on_loopback(std::uint16_t port, std::chrono::milliseconds longest) {
  testbed::Socket socket;
  const auto wait = [longest](int fd, short events) {
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    return ::poll(&entry, 1, static_cast<int>(longest.count())) > 0;
  };
  const bool is_connected = socket.open() == 0 && socket.connect(on_loopback(port), wait) == 0;
  return is_connected ? std::move(socket) : testbed::Socket();
}

}  // namespace closelab::lab
