// After a rule's pause at the very end of a response the next pipelined request waited for the idle timeout.

#include <doctest/doctest.h>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a pause at the very end of a response doesn't starve the next request") {
  Options options;
  options.on_listening = [](Server& server) {
    server.handle("/*", [](const Request&) { return Response{.body = "whole"}; });
    server.add_rule(at_response_body(5).delay(1ms).on_request(1));
  };
  const Server server(options);
  Client client(server.endpoint());
  client.send(get("/1") + get("/2"));
  CHECK(client.receive_reply().body == "whole");
  CHECK(client.receive_reply().body == "whole");
}

}  // namespace
}  // namespace closelab::loopback
