// Without SO_REUSEADDR, set_listener(refuse) failed with "Address already in use" while a connection was open: it could
// not take the port again at once. Nobody could connect all the same, and nothing said so.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {

TEST_CASE("a listener without SO_REUSEADDR refuses while a connection has its port, and accepts again") {
  Options options;
  options.listen.reuse_address = Switch::off;
  TestServer server(options);
  Client open(server);
  CHECK(open.exchange(get("/")).status == 200);
  CHECK_NOTHROW(server.set_listener(ListenerMode::refuse));
  CHECK_THROWS(Client(server));
  open.close();
  server.closed();
  server.set_listener(ListenerMode::accept);
  CHECK(Client(server).exchange(get("/")).status == 200);
}

}  // namespace closelab::loopback
