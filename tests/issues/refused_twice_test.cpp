// A listener that was told to refuse twice handed a shutdown() on to those whom it accepted afterwards: the server read
// an end that no client had sent, and reset who sent something after our FIN.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("who connects after two refusals is served as ever") {
  for (const unsigned reactors : {1U, 2U}) {
    Options options;
    options.reactors = reactors;
    TestServer server(options);
    for (int i = 0; i < 2; ++i) server.set_listener(ListenerMode::refuse);
    server.set_listener(ListenerMode::accept);
    Client client(server);
    CHECK(client.exchange(get("/")).status == 200);
    CHECK(server.wait_idle(1, patience));
    CHECK(client.exchange(get("/")).status == 200);
    client.close();
    CHECK(server.closed().requests.size() == 2);
  }
}

TEST_CASE("a server that begins by refusing, and is told so again, serves when it may") {
  Options options;
  options.listen.mode = ListenerMode::refuse;
  TestServer server(options);
  server.set_listener(ListenerMode::refuse);
  server.set_listener(ListenerMode::accept);
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  CHECK(client.exchange(get("/")).status == 200);
}

}  // namespace
}  // namespace closelab::loopback
