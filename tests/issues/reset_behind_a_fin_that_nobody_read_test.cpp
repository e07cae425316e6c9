// A client sent its request and its FIN, and its kernel answered the first bytes of the answer by RST, before the
// server looked: the record said that the client had closed by RST. recv() says EOF there, for the FIN that it has
// seen.

#include <future>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a FIN that nobody had read when the RST came was the first") {
  Options options;
  options.rules = {at(At::request_headers).interim(103).on_path("/later")};
  TestServer server(options);
  std::promise<void> go_on;
  server.handle("/busy", [&](const Request&) {
    go_on.get_future().wait();
    return Response{};
  });
  server.handle("/later", [](const Request&) { return Response{.delay = 10s}; });
  Client busy(server);
  busy.send(get("/busy"));
  {
    Client client(server);
    client.send(get("/later"));
  }
  go_on.set_value();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.verdict.closed_by == ClosedBy::fin);
  CHECK(record.verdict.reset_by == ResetBy::client);
}

}  // namespace
}  // namespace closelab::loopback
