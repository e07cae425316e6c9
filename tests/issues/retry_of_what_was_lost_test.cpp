// `retry: not_needed` was said of answers that an RST had destroyed, of requests that met the server's FIN, and of
// answers that an RST followed while the client was still sending.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options ends_in(CloseMode mode) {
  Options options;
  options.close_mode = mode;
  return options;
}

TEST_CASE("a request that meets the server's FIN is safe to send again: nobody has seen it") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate, CloseMode::delayed}) {
    CAPTURE(mode);
    Options options = ends_in(mode);
    options.timeouts.idle_timeout = 20ms;
    TestServer server(options);
    Client client(server);
    CHECK(client.exchange(get("/")).status == 200);
    CHECK(client.receives_fin());
    client.try_send(get("/"));
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == Retry::safe);
    REQUIRE(record.requests.size() == 1);
    CHECK(record.requests[0].retry == Retry::not_needed);
  }
}

TEST_CASE("what a client had not acknowledged when it reset, or was reset, is lost, and counted") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::abortive}) {
    CAPTURE(mode);
    TestServer server(ends_in(mode));
    Client client(server, 4096);
    client.send(get("/large?10000000", "Connection: close\r\n"));
    client.receive_some();
    client.reset();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == Retry::if_idempotent);
    CHECK(record.verdict.bytes_at_risk.value_or(0) > 0);
    REQUIRE(record.requests.size() == 1);
    CHECK(record.requests[0].seen_by == SeenBy::handler);
  }
}

TEST_CASE("a body that breaks off is of one request, which nobody has answered") {
  TestServer server;
  Client client(server);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
  while (server.counts().active == 0) std::this_thread::yield();
  client.reset();
  const ConnectionRecord record = server.closed();
  INFO(record);
  REQUIRE(record.requests.size() == 1);
  CHECK(record.requests[0].status == 0);
  CHECK(record.requests[0].seen_by == SeenBy::nobody);
  CHECK(record.requests[0].retry == Retry::safe);
  CHECK(record.retry == Retry::safe);
}

TEST_CASE("a connection that ends before it has read anything may have been sent a request") {
  for (const CloseMode mode : {CloseMode::abortive, CloseMode::immediate}) {
    CAPTURE(mode);
    TestServer server;
    server.add_rule(at(At::accept).close(mode));
    Client client(server);
    client.try_send(get("/"));
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == Retry::safe);
  }
}

TEST_CASE("an answer without a body is whole with its head") {
  TestServer server;
  server.handle("/empty", [](const Request&) { return Response{.status = 204}; });
  server.add_rule(at(At::response_headers).close());
  for (const std::string& request : {get("/empty"), std::string("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")}) {
    CAPTURE(request);
    Client client(server);
    client.send(request);
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == Retry::not_needed);
  }
}

TEST_CASE("an answer that our RST follows while the client is still sending may stay unread") {
  Options options = ends_in(CloseMode::immediate);
  options.limits.body_bytes = 1024;
  TestServer server(options);
  Client client(server);
  client.try_send(post("/echo", std::string(1'000'000, 'x')));
  client.receive_to_end();
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  REQUIRE(record.requests.size() == 1);
  CHECK(record.requests[0].status == 413);
  CHECK(record.requests[0].answer_may_be_unread);
  CHECK(record.requests[0].retry == Retry::safe);
}

}  // namespace
}  // namespace closelab::loopback
