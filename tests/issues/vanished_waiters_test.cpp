// Clients of the admin port that were killed while they waited kept their places until their time-out, ten minutes.

#include <vector>

#include "server/lab/admin/admin.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// With a Host that the admin port takes for its own.
std::string request(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

struct Lab {
  lab::ServerEvents feed;
  Server server{feed.attach({})};
  lab::Settings settings;
  lab::Admin admin{settings, server, feed};

  int status(std::string_view path) const { return Client(admin.endpoint()).exchange(request(path)).status; }
};

TEST_CASE("a waiter that has gone leaves its place") {
  const Lab lab;
  std::vector<Client> waiters;
  for (int i = 0; i < 64; ++i) {
    waiters.emplace_back(lab.admin.endpoint());
    waiters.back().send(request("/connections?wait=closed&timeout=10m"));
  }
  constexpr std::string_view brief = "/connections?wait=closed&timeout=1ms";
  CHECK(lab.status(brief) == 503);
  waiters.clear();
  CHECK(eventually([&] { return lab.status(brief) == 504; }));
}

TEST_CASE("a reader of events that has gone leaves its place") {
  const Lab lab;
  std::vector<Client> readers;
  for (int i = 0; i < 16; ++i) {
    readers.emplace_back(lab.admin.endpoint());
    readers.back().send(request("/events"));
    readers.back().receive_until("happens from here on");
  }
  CHECK(lab.status("/events") == 503);
  readers.clear();
  CHECK(eventually([&] {
    Client another(lab.admin.endpoint());
    another.send(request("/events"));
    return another.receive_until("\r\n\r\n").find(" 200 OK") != std::string::npos;
  }));
}

}  // namespace
}  // namespace closelab::loopback
