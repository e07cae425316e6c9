// A rule at `next_request` that was added while a connection was idle acted one request too late.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr auto next_request = At::next_request;

TEST_CASE("a rule that comes while a connection is idle acts on its next request") {
  TestServer server;
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(1, patience));
  server.add_rule(at(next_request).close(CloseMode::abortive));
  client.try_send(get("/"));
  CHECK(client.receive_to_end().error == ECONNRESET);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.close_reason == CloseReason::rule);
  CHECK(record.retry == Retry::safe);
}

TEST_CASE("a rule that goes while a connection is idle does not act, and one for another path neither") {
  TestServer server;
  const std::uint64_t id = server.add_rule(at(next_request).close(CloseMode::abortive));
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(1, patience));
  server.remove_rule(id);
  Rule elsewhere = at(next_request).close(CloseMode::abortive);
  elsewhere.path = "/elsewhere";
  server.add_rule(elsewhere);
  CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(1, patience));
  elsewhere.path = "/";
  server.add_rule(elsewhere);
  client.try_send(get("/"));
  CHECK(client.receive_to_end().error == ECONNRESET);
}

}  // namespace
}  // namespace closelab::loopback
