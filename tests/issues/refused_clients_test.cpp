// Clients that were refused for max_connections, and kept their end open, counted nowhere: as many as liked could hold
// a descriptor each.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("of refused clients that keep their end open only so many are waited for") {
  Options options;
  options.max_connections = 1;
  options.lingering.time = 10min;
  options.lookups = Switch::off;  // or a record is open for as long as the client's end is
  TestServer server(options);
  Client served(server);
  served.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Client refused(server);
  CHECK(refused.receive_reply().status == 503);
  // None of these closes its end.
  for (std::uint64_t id = 3; id < 10; ++id) {
    Client surplus(server);
    CHECK(surplus.receive_reply().status == 503);
    const auto record = server.wait_closed(id, patience);
    REQUIRE(record);
    CHECK(record->close_reason == CloseReason::connection_limit);
    CHECK(record->close_mode == CloseMode::immediate);
  }
  CHECK(server.connection(2)->phase == Phase::closing);
  server.stop(0ms);
}

}  // namespace
}  // namespace closelab::loopback
