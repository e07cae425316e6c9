// Stopping: idle connections, requests in flight, what is held up, and who waits.

#include <semaphore>
#include <thread>

#include "tests/loopback/fixture.h"
#include "tests/loopback/yardstick.h"

namespace closelab::loopback {
namespace {

TEST_CASE("stop ends idle connections, and nobody is held up") {
  for (const unsigned reactors : {1, 3}) {
    Options options;
    options.reactors = reactors;
    TestServer server(options);
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) clients.emplace_back(server);
    for (int i = 0; i < 50; ++i) clients[static_cast<std::size_t>(i)].exchange(get("/"));
    const StopReport report = server.stop();
    CHECK(report.held_up.empty());
    CHECK(report.duration < 2s);
    for (Client& client : clients) CHECK(client.receives_fin());
    CHECK(server.counts().open == 0);
    for (const ConnectionRecord& record : server.connections()) {
      CHECK(record.phase == Phase::settled);
      CHECK(record.close_reason == CloseReason::server_stop);
      CHECK(record.verdict.closed_first == Side::server);
    }
    CHECK_THROWS(Client(server.endpoint()));
  }
}

TEST_CASE("stop lets requests in flight finish, and their answers say close") {
  TestServer server;
  std::binary_semaphore reached(0);
  std::optional<Responder> pending;
  server.handle_async("/later", [&](Responder responder) {
    pending = std::move(responder);
    reached.release();
  });
  Client delayed(server);
  server.handle("/wait", [](const Request&) { return Response{.delay = 500ms}; });
  delayed.send(get("/wait"));
  Client slow(server, 4096);
  slow.send(get("/stream?20000000"));  // computes nothing, so that the reactor is free
  Client half(server);
  half.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  Client asynchronous(server);
  asynchronous.send(get("/later"));
  reached.acquire();
  StopReport report;
  {
    std::jthread stopper([&] { report = server.stop(patience); });
    CHECK(delayed.receive_reply().field("connection") == "close");
    CHECK(slow.receive_reply().body.size() == 20'000'000);
    half.send("dy");
    const Reply reply = half.receive_reply();
    CHECK(reply.body == "body");
    pending->send({.body = "late"});
    CHECK(asynchronous.receive_reply().body == "late");
    for (Client* client : {&delayed, &slow, &half, &asynchronous}) {
      CHECK(client->receives_fin());
      client->close();
    }
  }
  CHECK(report.held_up.empty());
}

TEST_CASE("what the grace time ends is reported with what it was doing") {
  TestServer server;
  server.handle("/never", [](const Request&) { return Response{.delay = 10min}; });
  Client waiting(server);
  waiting.send(get("/") + get("/never"));
  CHECK(waiting.receive_reply().status == 200);
  Client half(server);
  half.send("GET / HT");
  Client slow(server, 4096);
  slow.send(get("/stream?20000000"));  // computes nothing, so that the reactor is free
  while (server.counts().accepted < 3) Client(server).exchange(get("/"));
  const StopReport report = server.stop(50ms);
  CHECK(report.duration >= 50ms);
  CHECK(report.duration < 5s);
  REQUIRE(report.held_up.size() == 3);
  for (const ConnectionRecord& record : report.held_up) {
    INFO(record);
    CHECK(record.phase == Phase::active);
    const auto ended = server.connection(record.id);
    REQUIRE(ended);
    CHECK(ended->phase == Phase::settled);
    CHECK(ended->close_reason == CloseReason::server_stop);
    CHECK(ended->verdict.reset_by == ResetBy::server);
  }
  CHECK(server.connection(1)->request_count == 2);
  CHECK(server.connection(1)->requests.back().status == 0);
  CHECK(waiting.receive_to_end().error == ECONNRESET);
}

TEST_CASE("a second stop waits for the first, and has nothing to report") {
  TestServer server;
  Client client(server);
  client.send(get("/delay"));
  std::optional<StopReport> first;
  std::jthread stopper([&] { first = server.stop(); });
  CHECK(client.receive_reply().status == 200);
  client.receive_to_end();
  client.close();
  stopper.join();
  const StopReport second = server.stop();
  CHECK(second.held_up.empty());
  CHECK(first.has_value());
}

TEST_CASE("stop with no grace, at any moment, ends") {
  for (int i = 0; i < 300; ++i) {
    Options options;
    options.reactors = 1 + static_cast<unsigned>(i) % 2;
    options.lookups = Switch::off;
    TestServer server(options);
    std::optional<Client> client;
    if (i % 3 > 0) client.emplace(server);
    if (i % 3 > 1) client->exchange(get("/"));
    server.stop(0ms);
  }
}

TEST_CASE("connections in the backlog are served or closed in order, not reset") {
  TestServer server;
  std::binary_semaphore reached(0);
  std::binary_semaphore go_on(0);
  server.handle("/block", [&](const Request&) {
    reached.release();
    go_on.acquire();
    return Response{};
  });
  Client blocking(server);
  blocking.send(get("/block"));
  reached.acquire();
  std::vector<Client> waiting;
  for (int i = 0; i < 20; ++i) waiting.emplace_back(server);
  for (std::size_t i = 0; i < 10; ++i) waiting[i].send(get("/"));
  std::jthread stopper([&] { server.stop(patience); });
  go_on.release();
  CHECK(blocking.receive_reply().status == 200);
  blocking.close();
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Received received = waiting[i].receive_to_end();
    CHECK(received.error == 0);
    CHECK(received.bytes.starts_with("HTTP/1.1 200") == (i < 10));
    waiting[i].close();
  }
}

TEST_CASE("a request that crosses the stop is answered whole, to a client that half-closed, too") {
  TestServer server;
  std::binary_semaphore reached(0);
  std::binary_semaphore go_on(0);
  server.handle("/block", [&](const Request&) {
    reached.release();
    go_on.acquire();
    return Response{};
  });
  Client crossing(server, 8192);
  crossing.exchange(get("/"));
  REQUIRE(server.wait_idle(patience));
  Client blocking(server);
  blocking.send(get("/block"));
  reached.acquire();
  crossing.send(get("/large?5000000"));
  crossing.send_fin();
  std::jthread stopper([&] { server.stop(patience); });
  pause(50ms);  // stop() has begun; nothing shows it while the reactor is held
  go_on.release();
  blocking.receive_to_end();
  blocking.close();
  const Reply reply = crossing.receive_reply();
  CHECK((reply.body == pattern(5'000'000)));
  CHECK(crossing.receives_fin());
}

TEST_CASE("drains under way end with the stop") {
  Options options;
  options.lingering.time = 10min;
  TestServer server(options);
  Client client(server);
  client.exchange(get("/close"));
  CHECK(client.receives_fin());
  const StopReport report = server.stop();
  CHECK(report.duration < 2s);
  CHECK(report.held_up.empty());
  CHECK(server.connection(1)->close_reason == CloseReason::response_close);
}

TEST_CASE("an idle connection that sent an empty line does not hold up the stop") {
  TestServer server;
  Client client(server);
  client.send("\r\n");
  Client other(server);
  other.exchange(get("/"));
  const StopReport report = server.stop();
  CHECK(report.held_up.empty());
  CHECK(report.duration < 2s);
}

TEST_CASE("the destructor stops") {
  std::optional<TestServer> server(std::in_place);
  Client client(*server);
  client.exchange(get("/"));
  server.reset();
  CHECK(client.receives_fin());
}

}  // namespace
}  // namespace closelab::loopback
