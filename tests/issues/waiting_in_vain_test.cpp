// Waiting for what can't come any more took the whole time-out, and with records_kept = 0 wait_closed() never
// succeeded.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr const char* request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

void visit(const Server& server) {
  Client client(server);
  client.exchange(request);
  client.close();
}

TEST_CASE("with records_kept = 0 who waits still gets the record") {
  Options options;
  options.records_kept = 0;
  TestServer server(options);
  visit(server);
  CHECK(server.wait_closed(patience)->id == 1);
  visit(server);
  CHECK(server.wait_closed(2, patience)->id == 2);
  CHECK(server.connections().empty());
}

TEST_CASE("a record that was dropped, that can't be, or whose moment is past, is not waited for") {
  Options options;
  options.records_kept = 1;
  TestServer server(options);
  visit(server);
  REQUIRE(server.wait_closed(1, patience));
  visit(server);
  REQUIRE(server.wait_closed(2, patience));
  // An hour: ctest would end this first.
  CHECK_FALSE(server.wait_closed(1, 1h));
  CHECK_FALSE(server.wait_closed(0, 1h));
  CHECK_FALSE(server.wait_idle(1, 1h));
  CHECK_FALSE(server.wait_idle(2, 1h));
}

TEST_CASE("nothing comes after the server has stopped, and who waits then is told") {
  TestServer server;
  std::thread waiting([&] { CHECK_FALSE(server.wait_accepted(1h)); });
  server.stop(0ms);
  waiting.join();
  CHECK_FALSE(server.wait_closed(1h));
  CHECK_FALSE(server.wait_closed(7, 1h));
  CHECK_FALSE(server.wait_idle(1h));
}

}  // namespace
}  // namespace closelab::loopback
