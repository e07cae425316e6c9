// Server::requests() could miss a request whose answer the client had: it was recorded after the answer was sent.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("when a client has the answer, requests() has the request") {
  Options options;
  options.requests_kept = 1000;
  TestServer server(options);
  Client client(server);
  for (std::size_t i = 1; i <= 500; ++i) {
    client.exchange(get("/"));
    REQUIRE(server.requests().size() == i);
  }
}

}  // namespace
}  // namespace closelab::loopback
