// stop() and the destructor left those alone who waited for a connection: a wait of an hour took an hour.

#include <atomic>
#include <future>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("who waits for a connection is answered when the server stops") {
  auto server = std::make_unique<TestServer>();
  std::vector<std::thread> waiters;
  std::atomic<int> left = 0;
  const auto wait = [&](auto how) {
    waiters.emplace_back([&left, &server = *server, how] {
      CHECK_FALSE(how(server).has_value());
      ++left;
    });
  };
  wait([](Server& s) { return s.wait_closed(1h); });
  wait([](Server& s) { return s.wait_closed(7, 1h); });
  wait([](Server& s) { return s.wait_idle(1h); });
  wait([](Server& s) { return s.wait_accepted(1h); });
  server->stop();
  for (std::thread& waiter : waiters) waiter.join();
  CHECK(left == 4);
  CHECK_FALSE(server->wait_closed(1h).has_value());
  server.reset();
}

TEST_CASE("a handler that blocks holds a stop up, and the report names its route") {
  TestServer server;
  std::promise<void> entered;
  std::promise<void> free;
  server.handle("/blocks/*", [&](const Request&) {
    entered.set_value();
    free.get_future().wait();
    return Response{};
  });
  Client client(server);
  client.send(get("/blocks/here"));
  entered.get_future().wait();
  std::thread releases([&] {
    std::this_thread::sleep_for(600ms);  // nothing tells from outside that the grace is over
    free.set_value();
  });
  const StopReport report = server.stop(1ms);
  releases.join();
  CHECK(report.blocking_handlers == std::vector<std::string>{"/blocks/*"});
  std::ostringstream text;
  text << report;
  CHECK(text.str().find("the handler of /blocks/* still ran") != std::string::npos);
}

}  // namespace
}  // namespace closelab::loopback
