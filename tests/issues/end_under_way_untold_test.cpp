// Our FIN was out and the client had not closed, for as long as the drain lasted: the record's evidence was empty, its
// text `closing, 1 request`, and its verdict did not say that it was open.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("an end that is under way has evidence") {
  TestServer server;
  Client client(server);
  CHECK(client.exchange(get("/", "Connection: close\r\n")).status == 200);
  REQUIRE(eventually([&] { return find<fact::SentFin>(*server.connection(1)) != nullptr; }));
  const ConnectionRecord record = *server.connection(1);
  CHECK(record.phase == Phase::closing);
  CHECK(describe(record).find("our FIN is out, the client has not closed") != std::string::npos);
  CHECK(ladder(record).find("FIN") != std::string::npos);
}

}  // namespace
}  // namespace closelab::loopback
