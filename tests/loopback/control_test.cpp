// What a test tells a running server: close, hold, release; and what it asks: accepted, requests, phases.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("close_idle() closes what waits for a request, and nothing else") {
  TestServer server;
  Client idle(server);
  CHECK(idle.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(patience));
  Responder* busy = nullptr;
  std::atomic<bool> has_request = false;
  server.handle_async("/wait", [&](Responder responder) {
    busy = new Responder(std::move(responder));
    has_request = true;
  });
  Client waiting(server);
  waiting.send(get("/wait"));
  while (!has_request) std::this_thread::yield();
  CHECK(server.counts().active == 1);
  CHECK(server.counts().idle == 1);
  CHECK(server.close_idle() == 1);
  CHECK(idle.receives_fin());
  idle.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.id == 1);
  CHECK(record.close_reason == CloseReason::command);
  CHECK(record.retry == Retry::not_needed);
  busy->send(Response{.body = "done"});
  delete busy;
  CHECK(waiting.receive_reply().body == "done");
}

TEST_CASE("close() ends a connection in the middle of anything") {
  TestServer server;
  CHECK_FALSE(server.close(1, CloseMode::abortive));
  Client idle(server);
  CHECK(idle.exchange(get("/")).status == 200);
  CHECK(server.close(1, CloseMode::abortive));
  CHECK(idle.receive_to_end().error == ECONNRESET);
  CHECK(server.closed().verdict.closed_by == ClosedBy::rst);

  Client busy(server);
  busy.send(get("/stream?100000000"));
  CHECK(busy.receive_until("\r\n\r\n").size() > 0);
  CHECK(server.close(2, CloseMode::abortive));
  CHECK(busy.receive_to_end().error == ECONNRESET);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.close_reason == CloseReason::command);
  CHECK(record.retry == Retry::if_idempotent);
}

TEST_CASE("hold_close() keeps our side from closing until release()") {
  TestServer server;
  server.hold_close(1);
  Client held(server);
  CHECK(held.exchange(get("/close")).body == "bye");
  Client other(server);
  CHECK(other.exchange(get("/close")).body == "bye");
  CHECK(other.receives_fin());
  other.close();
  CHECK(server.closed().id == 2);
  CHECK(held.is_quiet());
  const auto record = server.connection(1);
  REQUIRE(record);
  CHECK(record->phase == Phase::closing);
  server.release(1);
  CHECK(held.receives_fin());
  held.close();
  CHECK(server.closed().verdict.closed_first == Side::server);
}

TEST_CASE("a client that closes during a hold has closed first") {
  TestServer server;
  server.hold_close();
  Client client(server);
  CHECK(client.exchange(get("/close")).body == "bye");
  client.close();
  server.release();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.close_reason == CloseReason::response_close);
}

TEST_CASE("wait_accepted() returns each connection once, in order") {
  TestServer server;
  CHECK_FALSE(server.wait_accepted(0ms));
  Client first(server);
  Client second(server);
  CHECK(server.wait_accepted(patience)->id == 1);
  CHECK(server.wait_accepted(patience)->id == 2);
  CHECK_FALSE(server.wait_accepted(0ms));
}

TEST_CASE("requests() tells which request came on which connection") {
  TestServer server;
  Client first(server);
  Client second(server);
  CHECK(first.exchange(get("/path/a")).status == 200);
  CHECK(second.exchange(get("/path/b")).status == 200);
  CHECK(first.exchange(get("/path/c")).status == 200);
  REQUIRE(server.wait_idle(1, patience));
  const std::vector<RequestRecord> requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].target == "/path/a");
  CHECK(requests[1].connection_id == 2);
  CHECK(requests[2].connection_id == 1);
  CHECK(requests[2].number == 2);
  CHECK(server.counts().reused == 1);
}

TEST_CASE("a body stream is sent as it is written, and knows when its reader has gone") {
  TestServer server;
  const BodyStream stream(1000);
  server.handle("/stream-body", [&](const Request&) { return Response{.body_stream = stream}; });
  {
    Client client(server);
    client.send(get("/stream-body"));
    CHECK(client.receive_until("\r\n\r\n").find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(stream.write("one"));
    CHECK(client.receive_until("one").find("3\r\none\r\n") != std::string::npos);
    CHECK(stream.write("two"));
    client.receive_until("two");
    CHECK_FALSE(stream.write(std::string(1001, 'x')));
    stream.end();
    CHECK_FALSE(stream.write("late"));
    client.receive_until("0\r\n\r\n");
    CHECK(client.exchange(get("/")).body == "hello");
  }
  const BodyStream abandoned(1000);
  server.handle("/stream-body", [&](const Request&) { return Response{.body_stream = abandoned}; });
  Client client(server);
  client.send(get("/stream-body"));
  client.receive_until("\r\n\r\n");
  client.reset();
  CHECK(server.closed().id == 1);
  CHECK(server.closed().close_reason == CloseReason::peer_reset);
  CHECK_FALSE(abandoned.is_open());
}

TEST_CASE("Keep-Alive may say what is not so") {
  using Time = Advertised<std::chrono::milliseconds>;
  using Count = Advertised<std::int64_t>;
  const struct {
    Time timeout;
    Count max;
    const char* field;
  } rows[] = {
      {{}, {}, "timeout=5, max=9"},
      {{Time::Kind::off}, {Count::Kind::off}, ""},
      {{Time::Kind::fixed, 60s}, {Count::Kind::fixed, 100}, "timeout=60, max=100"},
      {{Time::Kind::offset, 2s}, {Count::Kind::offset, 3}, "timeout=7, max=12"},
      {{Time::Kind::offset, -3s}, {Count::Kind::offset, -20}, "timeout=2, max=0"},
      {{Time::Kind::off}, {}, "max=9"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.field);
    Options options;
    options.request_limit = 10;
    options.keep_alive = {row.timeout, row.max};
    TestServer server(options);
    Client client(server);
    CHECK(client.exchange(get("/")).field("keep-alive") == row.field);
  }
}

TEST_CASE("who is told Connection: keep-alive") {
  const std::string asking = "Connection: keep-alive\r\n";
  const struct {
    KeepAliveWhen when;
    Advertised<std::chrono::milliseconds>::Kind timeout;
    std::string request;
    const char* connection;
    const char* keep_alive;
  } rows[] = {
      {KeepAliveWhen::needed, {}, get("/"), "keep-alive", "timeout=5"},
      {KeepAliveWhen::asked, {}, get("/"), "", ""},
      {KeepAliveWhen::asked, {}, get("/", asking), "keep-alive", "timeout=5"},
      {KeepAliveWhen::always, {}, get("/"), "keep-alive", "timeout=5"},
      {KeepAliveWhen::needed, Advertised<std::chrono::milliseconds>::Kind::off, get("/", asking), "", ""},
      {KeepAliveWhen::asked, Advertised<std::chrono::milliseconds>::Kind::off, get("/", asking), "keep-alive", ""},
      {KeepAliveWhen::always, Advertised<std::chrono::milliseconds>::Kind::off, get("/"), "keep-alive", ""},
      {KeepAliveWhen::needed, Advertised<std::chrono::milliseconds>::Kind::off, get_1_0("/", asking), "keep-alive", ""},
      {KeepAliveWhen::asked, {}, get_1_0("/"), "close", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.when);
    CAPTURE(row.request);
    Options options;
    options.keep_alive = {{row.timeout}, {}, row.when};
    TestServer server(options);
    Client client(server);
    const Reply reply = client.exchange(row.request);
    CHECK(reply.field("connection") == row.connection);
    CHECK(reply.field("keep-alive") == row.keep_alive);
  }
}

TEST_CASE("client_half_close = abort drops the request of a client that has sent FIN") {
  Options options;
  options.client_half_close = ClientHalfClose::abort;
  TestServer server(options);
  std::optional<Responder> pending;
  std::atomic<bool> has_request = false;
  server.handle_async("/wait", [&](Responder responder) {
    pending.emplace(std::move(responder));
    has_request = true;
  });
  Client client(server);
  client.send(get("/wait"));
  while (!has_request) std::this_thread::yield();
  client.send_fin();
  CHECK(client.receive_to_end().bytes == "");
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.retry == Retry::if_idempotent);
  CHECK_FALSE(pending->send({}));
}

TEST_CASE(
    "client_half_close = abort: an answer that is held back, and a request that is not complete, are dropped too") {
  Options options;
  options.client_half_close = ClientHalfClose::abort;
  TestServer server(options);
  server.handle("/hold", [](const Request&) { return Response{.body = "late", .delay = 1h}; });
  for (const std::string& request :
       {get("/hold"), std::string("GET / HT"), post("/echo", std::string(100, 'x')).substr(0, 100)}) {
    CAPTURE(request);
    Client client(server);
    client.send(request);
    client.send_fin();
    CHECK(client.receive_to_end().bytes == "");
    CHECK(server.closed().close_reason == CloseReason::peer_closed);
  }
}

TEST_CASE("timeout_response = off closes a late request without a word") {
  Options options;
  options.timeout_response = Switch::off;
  options.timeouts.header_timeout = 30ms;
  TestServer server(options);
  Client client(server);
  client.send("GET / HTTP/1.1\r\n");
  CHECK(client.receives_fin());
  client.close();
  CHECK(server.closed().close_reason == CloseReason::header_timeout);
}

TEST_CASE("a response may change its connection's idle timeout") {
  TestServer server;
  server.handle("/short", [](const Request&) { return Response{.body = "x", .idle_timeout = 30ms}; });
  Client client(server);
  CHECK(client.exchange(get("/short")).field("keep-alive") == "");
  CHECK(client.receives_fin());
  client.close();
  CHECK(server.closed().close_reason == CloseReason::idle_timeout);
}

}  // namespace
}  // namespace closelab::loopback
