#include <doctest/doctest.h>

#include <future>

#include "tests/loopback/fixture.h"

using namespace closelab;
using namespace closelab::loopback;

TEST_CASE("a drain closes what is idle, announces the end to the others, and lets nobody be turned away") {
  TestServer server;
  Client idle(server);
  Client fresh(server);
  CHECK(idle.exchange(get("/")).field("connection") != "close");
  REQUIRE(server.wait_idle());
  REQUIRE(server.wait_accepted());
  REQUIRE(server.wait_accepted());

  server.drain();
  CHECK(idle.receives_fin());
  idle.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.close_reason == CloseReason::drain);
  CHECK(record.verdict.closed_first == Side::server);
  CHECK(record.verdict.closed_by == ClosedBy::fin);
  CHECK(fresh.receives_fin());
  fresh.close();
  CHECK(server.closed().close_reason == CloseReason::drain);

  Client late(server);
  CHECK(late.exchange(get("/")).field("connection") == "close");
  CHECK(late.receives_fin());
  late.close();
  const ConnectionRecord announced = server.closed();
  CHECK(announced.close_reason == CloseReason::drain);
  CHECK(announced.requests.front().persistence == Persistence{Persistence::Decision::close, CloseReason::drain});

  server.undrain();
  Client kept(server);
  kept.exchange(get("/"));
  CHECK(kept.exchange(get("/")).field("connection") != "close");
}

TEST_CASE("a request that is under way when the drain begins is answered, and told") {
  TestServer server;
  std::promise<Responder> waiting;
  server.handle_async("/wait", [&](const Responder& responder) { waiting.set_value(responder); });
  Client client(server);
  client.send(get("/wait"));
  const Responder responder = waiting.get_future().get();
  server.drain();
  CHECK(client.is_quiet());
  responder.send(Response{.body = "done"});
  const Reply reply = client.receive_reply();
  CHECK(reply.body == "done");
  CHECK(reply.field("connection") == "close");
  CHECK(client.receives_fin());
}

TEST_CASE("idle_after is the time that an idle connection has to be told; the next drain replaces the last") {
  TestServer server;
  Client client(server);
  client.exchange(get("/"));
  REQUIRE(server.wait_idle());
  server.drain({.idle_after = 1h});
  CHECK(client.is_quiet());
  CHECK(client.exchange(get("/")).field("connection") == "close");
  CHECK(client.receives_fin());

  server.undrain();
  Client other(server);
  other.exchange(get("/"));
  REQUIRE(server.wait_idle());
  server.drain({.idle_after = 50ms});
  CHECK(other.receives_fin());
}

TEST_CASE("undrain gives an idle connection its time back") {
  TestServer server;
  Client client(server);
  client.exchange(get("/"));
  REQUIRE(server.wait_idle());
  server.drain({.idle_after = 1h});
  server.undrain();
  CHECK(client.exchange(get("/")).field("connection") != "close");
}

TEST_CASE("a bad drain promises persistence, and closes without a word") {
  TestServer server;
  server.drain({.announce = Switch::off});
  Client client(server);
  CHECK(client.exchange(get("/")).field("connection") != "close");
  CHECK(client.receives_fin());
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.close_reason == CloseReason::drain);
  CHECK(record.requests.front().persistence == Persistence{});
}

TEST_CASE("a drain by status answers in the handler's place, and keeps the connection") {
  TestServer server;
  Client client(server);
  client.exchange(get("/"));
  REQUIRE(server.wait_idle());
  server.drain({.status = 503});
  for (int i = 0; i < 2; ++i) {
    const Reply reply = client.exchange(get("/"));
    CHECK(reply.status == 503);
    CHECK(reply.field("connection") != "close");
  }
  server.undrain();
  CHECK(client.exchange(get("/")).status == 200);
}

TEST_CASE("a drain over several reactors, and one from a handler") {
  Options options;
  options.reactors = 3;
  TestServer server(options);
  server.handle("/drain", [&](const Request&) {
    server.drain();
    return Response{};
  });
  std::vector<Client> idle;
  for (int i = 0; i < 12; ++i) idle.emplace_back(server).exchange(get("/"));
  Client(server).exchange(get("/drain"));
  for (Client& client : idle) CHECK(client.receives_fin());
}

TEST_CASE("what a drain can't do") {
  TestServer server;
  CHECK_THROWS_AS(server.drain({.idle_after = -1ms}), std::invalid_argument);
  CHECK_THROWS_AS(server.drain({.idle_after = 24h * 366}), std::invalid_argument);
  CHECK_THROWS_AS(server.drain({.status = 200}), std::invalid_argument);
}
