// stop() in a handler waited for the thread that it was called on; it begins the stop and returns.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a handler that stops its server returns, and its answer is sent") {
  TestServer server;
  server.handle("/stop", [&](const Request&) {
    server.stop();
    return Response{.body = "stopping"};
  });
  Client client(server);
  const Reply reply = client.exchange(get("/stop"));
  CHECK(reply.body == "stopping");
  CHECK(client.receives_fin());
  server.stop();
  CHECK(server.counts().open == 0);
}

}  // namespace
}  // namespace closelab::loopback
