// Where rules, holds, commands, body streams and the stop meet.

#include <atomic>
#include <future>
#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

using Clock = std::chrono::steady_clock;

Options quick() {
  Options options;
  options.lingering.time = 200ms;
  return options;
}

/// Waits for something that no event tells.
template <class Condition>
bool becomes_true(Condition condition, std::chrono::milliseconds longest = 2s) {
  const auto until = Clock::now() + longest;
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// Returns when the server refuses connections: its stop has begun.
void await_stopping(const Endpoint& server) {
  const auto is_refused = [&] {
    try {
      const Client probe(server);
      return false;
    } catch (const std::exception&) {
      return true;
    }
  };
  REQUIRE(becomes_true(is_refused));
}

TEST_CASE("close() from a handler of the same connection") {
  TestServer server;
  server.handle("/kill", [&](const Request& request) {
    CHECK(server.close(request.connection_id, CloseMode::abortive));
    return Response{.body = "too late"};
  });
  Client client(server);
  client.send(get("/kill"));
  CHECK(client.receive_to_end().error == ECONNRESET);
  CHECK(server.closed().close_reason == CloseReason::command);
}

TEST_CASE("close(), close_idle() and release() from a callback") {
  for (const int what : {0, 1, 2, 3}) {
    CAPTURE(what);
    Server* self = nullptr;
    Options options = quick();
    if (what == 0) options.on_idle = [&](const ConnectionRecord& r) { self->close(r.id, CloseMode::abortive); };
    if (what == 1) options.on_idle = [&](const ConnectionRecord&) { self->close_idle(); };
    if (what == 2) options.on_closing = [&](const ConnectionRecord& r) { self->close(r.id, CloseMode::abortive); };
    if (what == 3) options.on_closing = [&](const ConnectionRecord& r) { self->release(r.id); };
    TestServer server(options);
    self = &server;
    if (what == 3) server.hold_close(1);
    Client client(server);
    CHECK(client.exchange(get(what < 2 ? "/" : "/close")).status == 200);
    CHECK(becomes_true([&] { return !client.is_quiet(); }));
    client.close();
    CHECK(server.counts().accepted == 1);
  }
}

TEST_CASE("commands from the handlers of two reactors at once") {
  Options options;
  options.reactors = 2;
  auto server = std::make_unique<TestServer>(options);
  std::atomic<int> inside = 0;
  std::atomic<int> left = 0;
  server->handle("/both", [&](const Request&) {
    ++inside;
    becomes_true([&] { return inside >= 2; }, 1s);
    server->close_idle();
    ++left;
    return Response{.body = "done"};
  });
  // The kernel spreads connections over the two; some pair is on different ones.
  std::vector<Client> clients;
  for (int i = 0; i < 16; ++i) clients.emplace_back(*server);
  for (const Client& client : clients) client.send(get("/both"));
  const bool all_left = becomes_true([&] { return left >= 2 && left == inside; });
  CHECK(all_left);
  if (!all_left) std::_Exit(3);  // the destructor would wait for ever
}

TEST_CASE("a teardown's bound that passes unnoticed while the server stops") {
  Options options;
  options.lingering.time = 300ms;
  auto server = std::make_unique<TestServer>(options);
  std::atomic<bool> entered = false;
  server->handle("/block", [&](const Request&) {
    entered = true;
    std::this_thread::sleep_for(600ms);  // the reactor is late, as on a busy machine
    return Response{};
  });
  server->handle("/big",
                 [](const Request&) { return Response{.body = pattern(200'000), .close_mode = CloseMode::lingering}; });
  Client busy(*server);
  busy.send("GET /block HTTP/1.1\r\n");
  REQUIRE(server->wait_accepted(patience));
  Client lazy(*server, 4096);
  lazy.send(get("/big"));
  CHECK(becomes_true([&] { return server->counts().closing == 1; }));
  auto stopped = std::async(std::launch::async, [&] { return server->stop(1s); });
  await_stopping(server->endpoint());
  busy.send("Host: h\r\n\r\n");
  CHECK(becomes_true([&] { return entered.load(); }));
  CHECK(stopped.wait_for(4s) == std::future_status::ready);
  if (stopped.wait_for(0s) != std::future_status::ready) std::_Exit(3);
}

TEST_CASE("a rule after a delay at the same moment") {
  const At moments[] = {At::accept, At::request_headers, At::request_body, At::before_response, At::after_response};
  for (const At moment : moments) {
    for (const bool with_body : {false, true}) {
      CAPTURE(to_string(moment));
      CAPTURE(with_body);
      TestServer server(quick());
      server.add_rule(at(moment).delay(10ms));
      server.add_rule(at(moment).close());
      Client client(server);
      client.try_send(with_body ? post("/echo", "hello") : get("/"));
      CHECK(becomes_true([&] { return server.unused_rules().empty(); }, 300ms));
    }
  }
}

TEST_CASE("a truncation after a delay keeps its false promise") {
  TestServer server(quick());
  server.add_rule(at(At::after_response).delay(10ms));
  server.add_rule(at(At::after_response).truncate());
  Client client(server);
  client.send(get("/"));
  CHECK(client.receive_until("hello").find("Content-Length: 6") != std::string::npos);
  CHECK(becomes_true([&] { return !client.is_quiet(); }, 500ms));
}

TEST_CASE("a delay at request_headers: 100 (Continue), and rules at request_body:0, come after it") {
  TestServer server(quick());
  server.add_rule(at(At::request_headers).delay(10ms));
  Client client(server);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  CHECK(becomes_true([&] { return !client.is_quiet(); }, 500ms));

  TestServer zero(quick());
  zero.add_rule(at(At::request_headers).delay(10ms));
  zero.add_rule(at_request_body(0).close());
  Client poster(zero);
  poster.send(post("/echo", "hello"));
  CHECK(poster.receive_to_end().bytes == "");
}

TEST_CASE("hold_close() while the server stops") {
  auto server = std::make_unique<TestServer>();
  std::optional<Responder> pending;
  std::atomic<bool> has_request = false;
  server->handle_async("/wait", [&](Responder responder) {
    pending.emplace(std::move(responder));
    has_request = true;
  });
  Client client(*server);
  client.send(get("/wait"));
  REQUIRE(becomes_true([&] { return has_request.load(); }));
  auto stopped = std::async(std::launch::async, [&] { return server->stop(1s); });
  await_stopping(server->endpoint());
  server->hold_close();
  pending->send(Response{.body = "done"});
  CHECK(client.receive_reply().body == "done");
  CHECK(client.receives_fin());
  client.close();
  CHECK(stopped.wait_for(4s) == std::future_status::ready);
  if (stopped.wait_for(0s) != std::future_status::ready) std::_Exit(3);
  CHECK(stopped.get().held_up.empty());
}

TEST_CASE("hold_close() from a callback while the server stops") {
  Server* self = nullptr;
  std::atomic<bool> stopping = false;
  Options options;
  options.on_closing = [&](const ConnectionRecord&) {
    if (stopping) self->hold_close();
  };
  auto server = std::make_unique<TestServer>(options);
  self = server.get();
  std::vector<Client> idle;
  for (int i = 0; i < 5; ++i) idle.emplace_back(*server);
  for (Client& client : idle) CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(becomes_true([&] { return server->counts().idle == 5; }));
  stopping = true;
  auto stopped = std::async(std::launch::async, [&] { return server->stop(500ms); });
  CHECK(stopped.wait_for(4s) == std::future_status::ready);
  if (stopped.wait_for(0s) != std::future_status::ready) std::_Exit(3);
}

TEST_CASE("a rule that pauses a connection after stop() has begun") {
  const Rule rules[] = {at(At::before_response).stall(), at(At::before_response).delay(1h)};
  for (const Rule& rule : rules) {
    INFO(rule);
    TestServer server;
    std::optional<Responder> pending;
    std::atomic<bool> has_request = false;
    server.handle_async("/wait", [&](Responder responder) {
      pending.emplace(std::move(responder));
      has_request = true;
    });
    server.add_rule(rule);
    Client client(server);
    client.send(get("/wait"));
    REQUIRE(becomes_true([&] { return has_request.load(); }));
    auto stopped = std::async(std::launch::async, [&] { return server.stop(3s); });
    await_stopping(server.endpoint());
    pending->send(Response{.body = "done"});
    const StopReport report = stopped.get();
    CHECK(report.duration < 2s);
    CHECK(report.held_up.empty());
  }
}

TEST_CASE("the last response before a hold, or a rule after it, is not held back by MSG_MORE") {
  for (const bool hold : {true, false}) {
    CAPTURE(hold);
    TestServer server;
    if (hold) server.hold_close();
    if (!hold) server.add_rule(at(At::after_response).stall());
    Client client(server);
    const auto start = Clock::now();
    CHECK(client.exchange(get("/close")).body == "bye");
    CHECK(Clock::now() - start < 100ms);
  }
}

TEST_CASE("the record of a held connection tells how it ended") {
  TestServer server;
  server.hold_close();
  Client client(server);
  CHECK(client.exchange(get("/close")).body == "bye");
  REQUIRE(becomes_true([&] { return server.counts().closing == 1; }));
  CHECK(server.close(1, CloseMode::abortive));
  CHECK(client.receive_to_end().error == ECONNRESET);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.close_mode == CloseMode::abortive);
  CHECK(record.close_reason == CloseReason::command);
  CHECK(record.retry == Retry::not_needed);
}

TEST_CASE("close() with a mode, of a connection whose teardown is under way") {
  const CloseMode modes[] = {CloseMode::never, CloseMode::half, CloseMode::lingering, CloseMode::deferred,
                             CloseMode::delayed};
  for (const CloseMode mode : modes) {
    CAPTURE(mode);
    Options options;
    options.close_mode = mode;
    options.close_times.delayed_time = 5s;
    options.lingering.time = 5s;
    TestServer server(options);
    Client client(server);
    CHECK(client.exchange(get("/close")).body == "bye");
    REQUIRE(becomes_true([&] { return server.counts().closing == 1; }));
    CHECK(server.close(1, CloseMode::abortive));
    CHECK(becomes_true([&] { return client.try_send("x").error != 0; }));
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.verdict.reset_by == ResetBy::server);
    CHECK(find<fact::Aborted>(record) != nullptr);
  }
}

TEST_CASE("a body stream that is not sent has no reader") {
  const struct {
    std::string what;
    std::string request;
    std::optional<Rule> rule;
  } rows[] = {
      {"HEAD", "HEAD /stream-body HTTP/1.1\r\nHost: h\r\n\r\n", {}},
      {"a rule closes before it", get("/stream-body"), at(At::before_response).close()},
      {"a head that can't be written", get("/bad"), {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TestServer server(quick());
    const BodyStream stream(1000);
    server.handle("/stream-body", [&](const Request&) { return Response{.body_stream = stream}; });
    server.handle("/bad", [&](const Request&) {
      return Response{.headers = {{"X", "a\r\nb"}}, .body_stream = stream};
    });
    if (row.rule) server.add_rule(*row.rule);
    {
      Client client(server);
      client.send(row.request);
      CHECK(becomes_true([&] { return !client.is_quiet(); }));
    }
    server.closed();
    CHECK_FALSE(stream.is_open());
  }
}

TEST_CASE("client_half_close = abort ends a body stream whose client has sent FIN") {
  Options options;
  options.client_half_close = ClientHalfClose::abort;
  TestServer server(options);
  const BodyStream stream(1000);
  server.handle("/stream-body", [&](const Request&) { return Response{.body_stream = stream}; });
  Client client(server);
  client.send(get("/stream-body"));
  client.receive_until("\r\n\r\n");
  client.send_fin();
  CHECK(becomes_true([&] { return !stream.is_open(); }));
}

TEST_CASE("a rule for one request does not act on the error response to the next") {
  TestServer server(quick());
  server.add_rule(at_response_body(10).close(CloseMode::abortive).on_request(1));
  Client client(server);
  CHECK(client.exchange(get("/")).body == "hello");
  client.send("nonsense\r\n\r\n");
  const Received received = client.receive_to_end();
  CHECK(received.error == 0);
  CHECK(server.rules().at(0).fired == 0);
}

TEST_CASE("a request that a rule delays is active, and was received before the delay") {
  TestServer server;
  server.add_rule(at(At::request_headers).delay(150ms).on_request(2));
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(1, patience));
  const auto sent = Clock::now();
  client.send(get("/"));
  REQUIRE(becomes_true([&] { return server.unused_rules().empty(); }));
  CHECK(server.connection(1)->phase == Phase::active);
  CHECK(client.receive_reply().status == 200);
  CHECK(Clock::now() - sent >= 150ms);
  REQUIRE(server.wait_idle(1, patience));
  const auto record = server.connection(1);
  CHECK(record->requests.at(1).answered_at - record->requests.at(1).received_at >= 100ms);
}

TEST_CASE("slow, and a body stream that is written byte by byte") {
  TestServer server;
  const BodyStream stream;
  server.handle("/stream-body", [&](const Request&) { return Response{.body_stream = stream}; });
  server.add_rule(at(At::response_headers).slow(6, 50ms));
  Client client(server);
  client.send(get("/stream-body"));
  client.receive_until("\r\n\r\n");
  const auto start = Clock::now();
  for (int i = 0; i < 10; ++i) {
    const std::string mark(1, static_cast<char>('A' + i));
    stream.write(mark);
    client.receive_until("1\r\n" + mark + "\r\n");
  }
  CHECK(Clock::now() - start >= 400ms);  // 60 bytes
  stream.end();                          // or stop() would give it its grace time
}

TEST_CASE("stop() with an idle rule pending, and an empty line sent") {
  Options options;
  options.timeouts.idle_timeout = 30s;
  TestServer server(options);
  server.add_rule(at_idle(20s).close());
  Client client(server);
  client.send("\r\n");
  REQUIRE(server.wait_accepted(patience));
  CHECK(Client(server).exchange(get("/")).status == 200);  // the reactor has seen the line, too
  const StopReport report = server.stop(2s);
  CHECK(report.duration < 1s);
  CHECK(report.held_up.empty());
}

TEST_CASE("half_time is at most a year") {
  Options options;
  options.close_mode = CloseMode::half;
  options.close_times.half_time = std::chrono::milliseconds::max();
  CHECK_THROWS_AS(TestServer{options}, std::invalid_argument);
}

}  // namespace
}  // namespace closelab::loopback
