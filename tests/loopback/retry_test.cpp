// May a request be sent again?

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options quick() {
  Options options;
  options.lingering.time = 200ms;
  return options;
}

TEST_CASE("retry, of a request after the one that ends the connection") {
  TestServer server;
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + get("/"));
  CHECK(client.receive_to_end().error == 0);
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.request_count == 1);
  CHECK(record.retry == Retry::safe);
}

TEST_CASE("retry, when the response that announced the end has been sent in full") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::abortive}) {
    CAPTURE(mode);
    TestServer server(quick());
    server.add_rule(at(At::after_response).close(mode));
    Client client(server);
    CHECK(client.exchange(get("/close")).body == "bye");
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == Retry::not_needed);
  }
}

}  // namespace
}  // namespace closelab::loopback
