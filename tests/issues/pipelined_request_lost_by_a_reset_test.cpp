// A request that had been read with the one before it, and waited behind a pause, was not counted when the client's RST
// ended the connection: `retry` said that nothing was to be sent again.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

std::string upload() { return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"; }

Retry retry_after_reset(const Rule& rule) {
  TestServer server;
  server.add_rule(rule);
  Client client(server);
  client.send(get("/") + upload());
  CHECK(client.receive_reply().body == "hello");
  CHECK(eventually([&] { return server.rules().front().fired == 1; }));
  client.reset();
  return server.closed().retry;
}

}  // namespace

TEST_CASE("a request behind a pause that the client's RST ends may be sent again") {
  CHECK(retry_after_reset(at(At::after_response).delay(10min)) == Retry::safe);
  CHECK(retry_after_reset(at(At::after_response).stall()) == Retry::safe);
}

TEST_CASE("the same behind a connection whose close is held") {
  TestServer server;
  server.hold_close();
  Client client(server);
  client.send(get("/close") + upload());
  CHECK(client.receive_reply().body == "bye");
  client.reset();
  server.release();
  CHECK(server.closed().retry == Retry::safe);
}

}  // namespace closelab::loopback
