// A client that read nothing of an answer which fitted the kernels' buffers was idle, and write_timeout did not run.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// The client's buffer is full and its window shut, with more than that in the server's.
constexpr const char* answer = "/large?1000000";

TEST_CASE("write_timeout ends an idle connection whose client takes nothing of what it was sent") {
  Options options;
  options.timeouts.write_timeout = 100ms;
  TestServer server(options);
  Client client(server, 4096);
  client.send(get(answer));
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.close_reason == CloseReason::write_timeout);
  CHECK(record.verdict.closed_by == ClosedBy::rst);
  CHECK(record.verdict.bytes_at_risk.value_or(0) > 0);
  CHECK(record.retry == Retry::if_idempotent);
}

TEST_CASE("write_timeout does not run for an idle client that has taken everything") {
  Options options;
  options.timeouts.write_timeout = 10ms;
  options.timeouts.idle_timeout = 100ms;
  TestServer server(options);
  Client client(server);
  client.exchange(get(answer));
  CHECK(client.receives_fin());
  client.close();
  CHECK(server.closed().close_reason == CloseReason::idle_timeout);
}

}  // namespace
}  // namespace closelab::loopback
