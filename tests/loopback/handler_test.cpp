// Handlers that answer at once, later, from other threads, wrongly, or never.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/loopback/fixture.h"
#include "tests/loopback/yardstick.h"

namespace closelab::loopback {
namespace {

/// Keeps responders until the test wants to answer.
class Pending {
 public:
  AsyncHandler handler() {
    return [this](Responder responder) {
      const std::lock_guard lock(mutex_);
      responders_.push_back(std::move(responder));
      changed_.notify_all();
    };
  }
  Responder take() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, patience, [this] { return !responders_.empty(); }));
    Responder responder = std::move(responders_.front());
    responders_.pop_front();
    return responder;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Responder> responders_;
};

TEST_CASE("a handler that fails is answered 500, and the connection ends") {
  TestServer server;
  server.handle("/throws", [](const Request&) -> Response { throw std::runtime_error("no luck"); });
  server.handle("/throws-else", [](const Request&) -> Response { throw 1; });
  server.handle("/bad-value", [](const Request&) { return Response{.headers = {{"X", "a\r\nY: b"}}}; });
  server.handle("/bad-name", [](const Request&) { return Response{.headers = {{"X Y", "a"}}}; });
  server.handle("/bad-status", [](const Request&) { return Response{.status = 99}; });
  server.handle_async("/drops", [](const Responder&) {});
  server.handle_async("/throws-async", [](const Responder&) { throw std::runtime_error("no luck"); });
  const struct {
    const char* path;
    const char* text;
  } rows[] = {
      {"/throws", "the handler threw: no luck"}, {"/throws-else", "the handler threw"},
      {"/bad-value", "control character"},       {"/bad-name", "not a token"},
      {"/bad-status", "status is not between"},  {"/drops", "went away without answering"},
      {"/throws-async", "without answering"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    Client client(server);
    const Reply reply = client.exchange(get(row.path));
    CHECK(reply.status == 500);
    CHECK_MESSAGE(reply.body.find(row.text) != std::string::npos, reply.body);
    CHECK(reply.field("connection") == "close");
    CHECK(reply.fields.count("y") == 0);
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    CHECK(record.close_reason == CloseReason::handler_error);
    CHECK(record.requests.back().status == 500);
  }
}

TEST_CASE("an answer from another thread, while other connections are served") {
  TestServer server;
  Pending pending;
  server.handle_async("/later", pending.handler());
  Client client(server);
  client.send(post("/later", "body"));
  const Responder responder = pending.take();
  CHECK(Client(server).exchange(get("/")).body == "hello");
  CHECK(client.is_quiet());
  CHECK(responder.request().body == "body");
  std::jthread([&] { CHECK(responder.send({.body = "late"})); }).join();
  CHECK(client.receive_reply().body == "late");
  CHECK_FALSE(responder.send({.body = "again"}));
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("an answer may be delayed, may end the connection, and may be streamed") {
  TestServer server;
  Pending pending;
  server.handle_async("/later", pending.handler());
  Client client(server);
  client.send(get("/later") + get("/later") + get("/later") + get("/"));
  pending.take().send({.body = "delayed", .delay = 20ms});
  CHECK(client.receive_reply().body == "delayed");
  pending.take().send({.body_source = filler(300'000)});
  CHECK(client.receive_reply().body.size() == 300'000);
  pending.take().send({.headers = {{"Connection", "close"}}});
  CHECK(client.receive_reply().field("connection") == "close");
  CHECK(client.receives_fin());
}

TEST_CASE("a delayed answer does not stop the others") {
  TestServer server;
  server.handle("/never", [](const Request&) { return Response{.delay = 10min}; });
  Client waiting(server);
  waiting.send(get("/never"));
  Client client(server);
  for (int i = 0; i < 100; ++i) REQUIRE(client.exchange(get("/")).status == 200);
  CHECK(waiting.is_quiet());
  server.stop(0ms);
}

TEST_CASE("a client that left before the answer") {
  TestServer server;
  Pending pending;
  server.handle_async("/later", pending.handler());
  SUBCASE("by FIN: it may still be reading") {
    Client client(server);
    client.send(get("/later"));
    client.close();
    CHECK(pending.take().send({.body = "late"}));
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.verdict.closed_first == Side::client);
    CHECK(record.verdict.closed_by == ClosedBy::fin);
  }
  SUBCASE("by RST") {
    Client client(server);
    client.send(get("/later"));
    const Responder responder = pending.take();
    client.reset();
    responder.send({.body = "late"});
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::peer_reset);
    CHECK(record.verdict.closed_first == Side::client);
    CHECK(record.verdict.closed_by == ClosedBy::rst);
    CHECK(record.requests.back().answered_at == 0ns);
  }
  CHECK(Client(server).exchange(get("/")).status == 200);
}

TEST_CASE("a responder may outlive its connection and its server") {
  Pending pending;
  std::optional<TestServer> server(std::in_place);
  server->handle_async("/later", pending.handler());
  Client client(*server);
  client.send(post("/later", "body"));
  const Responder responder = pending.take();
  const StopReport report = server->stop(0ms);
  REQUIRE(report.held_up.size() == 1);
  server.reset();
  CHECK(responder.request().body == "body");
  CHECK_FALSE(responder.send({.body = "late"}));
}

/// Eight answers of 4 kB and then one at `path`: after 500 of these, which is 16 MB, a client that reads nothing has
/// got the server stuck while the request at `path` waits for its answer.
constexpr int most_rounds = 500;
std::string round_of_requests(const char* path) {
  std::string round;
  for (int i = 0; i < 8; ++i) round += get("/some");
  return round + get(path);
}

void receive_rounds(Client& client, int count) {
  for (int i = 0; i < count; ++i) {
    for (int n = 0; n < 8; ++n) REQUIRE(client.receive_reply().body.size() == 4000);
    REQUIRE(client.receive_reply().body == "late");
  }
}

/// Whether so many answers are with the kernel, now or soon.
bool has_answered(const Server& server, int requests) {
  for (int i = 0; i < 20; ++i) {
    const auto record = server.connection(1);
    const auto is_last = [&](const RequestRecord& request) {
      return request.number >= static_cast<std::uint64_t>(requests) && request.answered_at.count() > 0;
    };
    if (record && std::ranges::any_of(record->requests, is_last)) return true;
    pause(5ms);
  }
  return false;
}

TEST_CASE("an answer that comes while the client takes nothing of those before it") {
  TestServer server;
  Pending pending;
  server.handle("/some", [](const Request&) { return Response{.body = std::string(4000, 'x')}; });
  server.handle_async("/later", pending.handler());
  Client client(server, 4096);
  int rounds = 0;
  for (bool stuck = false; !stuck;) {
    REQUIRE(rounds < most_rounds);
    client.send(round_of_requests("/later"));
    const Responder responder = pending.take();
    stuck = !has_answered(server, ++rounds * 9 - 1);
    responder.send({.body = "late"});
  }
  receive_rounds(client, rounds);
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("a delay that passes while the client takes nothing of the answers before it") {
  Options options;
  options.timeouts.write_timeout = 1s;
  TestServer server(options);
  server.handle("/some", [](const Request&) { return Response{.body = std::string(4000, 'x')}; });
  server.handle("/soon", [](const Request&) { return Response{.body = "late", .delay = 1ms}; });
  Client client(server, 4096);
  int rounds = 0;
  do {
    REQUIRE(rounds < most_rounds);
    client.send(round_of_requests("/soon"));
  } while (has_answered(server, ++rounds * 9));
  receive_rounds(client, rounds);
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("answers from many threads to many pipelining clients") {
  TestServer server;
  std::vector<std::jthread> workers;
  std::mutex mutex;
  server.handle_async("/job/*", [&](Responder responder) {
    const std::lock_guard lock(mutex);
    workers.emplace_back(
        [responder = std::move(responder)] { responder.send({.body = std::string(responder.request().path)}); });
  });
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(server);
  std::string requests;
  for (int n = 0; n < 25; ++n) requests += get("/job/" + std::to_string(n)) + get("/path/" + std::to_string(n));
  for (Client& client : clients) client.send(requests);
  for (int n = 0; n < 25; ++n) {
    for (Client& client : clients) {
      REQUIRE(client.receive_reply().body == "/job/" + std::to_string(n));
      REQUIRE(client.receive_reply().body == "/path/" + std::to_string(n));
    }
  }
  server.stop();
}

TEST_CASE("a body source that can't complete its response: RST, so that no client takes it for the whole") {
  TestServer server;
  int calls = 0;
  server.handle("/throws", [&](const Request&) {
    return Response{.body_source = [&calls](std::string& to, std::size_t) {
      if (++calls > 2) throw std::runtime_error("gone");
      to += "piece";
    }};
  });
  server.handle("/short", [](const Request&) { return Response{.body_source = filler(99), .content_length = 100}; });
  server.handle("/over", [](const Request&) {
    return Response{.body_source = [](std::string& to, std::size_t max) { to.append(max + 1, 'x'); }};
  });
  for (const char* path : {"/throws", "/short", "/over"}) {
    CAPTURE(path);
    Client client(server);
    client.send(get(path));
    CHECK(client.receive_to_end().error == ECONNRESET);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::handler_error);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.closed_by == ClosedBy::rst);
    CHECK(record.verdict.time_wait == TimeWait::none);
    CHECK(record.requests.back().answered_at == 0ns);
  }
}

TEST_CASE("handlers may be added and replaced while requests are being served") {
  TestServer server;
  std::atomic<bool> done = false;
  std::jthread adder([&] {
    for (int i = 0; i < 500; ++i) {
      server.handle("/changing", [i](const Request&) { return Response{.body = std::to_string(i)}; });
    }
    done = true;
  });
  Client client(server);
  int last = -1;
  while (!done || last != 499) {
    const Reply reply = client.exchange(get("/changing"));
    if (reply.status == 404) continue;
    const int now = std::stoi(reply.body);
    REQUIRE(now >= last);
    last = now;
  }
}

TEST_CASE("on_request and on_settled are told, in this order") {
  Options options;
  std::mutex mutex;
  std::string told;
  options.on_request = [&](const ConnectionRecord& connection, const RequestRecord& request) {
    const std::lock_guard lock(mutex);
    told += "request " + std::to_string(connection.id) + '.' + std::to_string(request.number) + ' ' +
            std::to_string(request.status) + '\n';
  };
  options.on_settled = [&](const ConnectionRecord& connection) {
    const std::lock_guard lock(mutex);
    told += "settled " + std::to_string(connection.id) + ' ' + std::string(to_string(connection.close_reason)) + '\n';
  };
  TestServer server(options);
  Client client(server);
  client.exchange(get("/"));
  client.exchange(get("/none", "Connection: close\r\n"));
  client.receives_fin();
  client.close();
  server.closed();
  server.stop();
  CHECK(told == "request 1.1 200\nrequest 1.2 404\nsettled 1 request_close\n");
}

}  // namespace
}  // namespace closelab::loopback
