// With a rule at next_request, the look for the next request (MSG_PEEK) took the client's RST, which then read as a
// FIN.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("an RST while a rule waits for the next request is an RST") {
  Options options;
  options.rules = {{.at = {.at = At::next_request}, .action = CloseAction{CloseMode::lingering}}};
  TestServer server(options);
  Client client(server);
  client.exchange(get("/"));
  REQUIRE(server.wait_idle(patience));
  client.reset();
  const ConnectionRecord record = server.closed();
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.verdict.closed_by == ClosedBy::rst);
  CHECK(record.verdict.reset_by == ResetBy::client);
  CHECK(record.close_reason == CloseReason::peer_reset);
}

}  // namespace
}  // namespace closelab::loopback
