// Who asked the admin port at the moment when it began to listen got 404: its routes were not there yet.

#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "net/socket/socket_address.h"
#include "server/lab/admin/admin.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// Asks until it gets an answer; false when that is not of the route.
bool is_served(const Endpoint& port, const std::atomic<bool>& stop) {
  while (!stop) {
    try {
      return Client(port).exchange("GET /rules HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status == 200;
    } catch (const std::exception&) {
      // Nobody listens yet, or not any more.
    }
  }
  return true;
}

TEST_CASE("the admin port has its routes as soon as it listens") {
  Server lab;
  lab::Settings settings;
  // From 127.0.0.1, where a client's own port could be the one that it asks.
  settings.admin_address = "127.0.0.2";
  settings.admin_port = {.choice = lab::AdminPort::Choice::fixed, .port = Server().port()};
  const Endpoint port = *net::parse_address(settings.admin_address, settings.admin_port.port);
  std::atomic<int> refused = 0;
  for (int i = 0; i < 50; ++i) {
    std::atomic<bool> stop = false;
    lab::ServerEvents feed;
    std::vector<std::jthread> askers;
    for (int asker = 0; asker < 4; ++asker) askers.emplace_back([&] { refused += is_served(port, stop) ? 0 : 1; });
    const lab::Admin admin(settings, lab, feed);
    CHECK(is_served(port, stop));
    stop = true;
    askers.clear();
  }
  CHECK(refused == 0);
}

}  // namespace
}  // namespace closelab::loopback
