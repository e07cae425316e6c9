// Each timeout: when it fires, what it does, and that bytes which trickle buy no time.

#include <functional>

#include "tests/loopback/fixture.h"
#include "tests/loopback/yardstick.h"

namespace closelab::loopback {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than any test waits for, for the timeouts that a test is not about.
constexpr std::chrono::milliseconds never = 10min;

Timeouts all_never() {
  return {.idle_timeout = never, .header_timeout = never, .body_timeout = never, .write_timeout = never};
}

/// Sends `bytes` one by one until the server has something to say.
void trickle(Client& client, std::string_view bytes) {
  for (const char byte : bytes) {
    if (!client.is_quiet() || client.try_send({&byte, 1}).error != 0) return;
    pause(5ms);
  }
  FAIL("all bytes were sent and the server said nothing");
}

TEST_CASE("a deadline passes within 20 ms of its value") {
  constexpr auto value = 150ms;
  Options options;
  options.timeouts = all_never();
  const struct {
    const char* what;
    std::chrono::milliseconds Timeouts::*timeout;
    std::string said;
  } rows[] = {
      {"idle, nothing said", &Timeouts::idle_timeout, ""},
      {"idle, after an answer", &Timeouts::idle_timeout, get("/")},
      {"header", &Timeouts::header_timeout, "GET / HT"},
      {"header of a second request", &Timeouts::header_timeout, get("/") + "GET / HT"},
      {"body", &Timeouts::body_timeout, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nx"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    options.timeouts = all_never();
    options.timeouts.*row.timeout = value;
    TestServer server(options);
    // A busy machine may hold up any one of them, but not all; none may come early.
    auto least_lateness = Clock::duration::max();
    for (int i = 0; i < 20 && least_lateness > 20ms; ++i) {
      const Yardstick yardstick;
      const auto before = Clock::now();
      Client client(server);
      client.send(row.said);
      if (row.said.starts_with("GET / HTTP")) client.receive_reply();
      const auto after = Clock::now();  // the server's clock has started between `before` and here
      client.receive_to_end();
      const auto end = Clock::now();
      CHECK(end - before >= value);
      least_lateness = std::min(least_lateness, end - after - value - yardstick.worst_lateness());
    }
    CHECK(least_lateness <= 20ms);
  }
}

TEST_CASE("drain and delay pass within 20 ms of their values, by the record's clock") {
  Options options;
  options.lingering.time = 100ms;
  TestServer server(options);
  const Yardstick yardstick;
  Client client(server);
  CHECK(client.exchange(get("/delay", "Connection: close\r\n")).body == "late");
  CHECK(client.receives_fin());
  server.connections();
  const auto still_open = server.wait_closed(1, 200ms);
  CHECK_FALSE(still_open);  // FIN_WAIT_2: this client has not closed
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  const RequestRecord& request = record.requests.front();
  const auto tolerance = 20ms + yardstick.worst_lateness();
  CHECK(request.answered_at - request.received_at >= 30ms);
  CHECK(request.answered_at - request.received_at <= 30ms + tolerance);
  REQUIRE(find<fact::SentFin>(record));
  REQUIRE(find<fact::DrainTimeExceeded>(record));
  const auto drained = time_of<fact::DrainTimeExceeded>(record) - time_of<fact::SentFin>(record);
  CHECK(drained >= 100ms);
  CHECK(drained <= 100ms + tolerance);
  CHECK(record.verdict.time_wait == TimeWait::server);
}

TEST_CASE("an idle connection gets a silent FIN") {
  Options options;
  options.timeouts.idle_timeout = 40ms;
  TestServer server(options);
  const struct {
    const char* what;
    std::string said;
    std::uint64_t requests;
  } rows[] = {{"nothing", "", 0}, {"empty lines", "\r\n\r\n", 0}, {"a request", get("/"), 1}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Client client(server);
    client.send(row.said);
    if (row.requests > 0) client.receive_reply();
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::idle_timeout);
    CHECK(record.request_count == row.requests);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.closed_by == ClosedBy::fin);
    CHECK(record.verdict.time_wait == TimeWait::server);
  }
}

TEST_CASE("empty lines before a request buy no time") {
  Options options;
  options.timeouts = all_never();
  options.timeouts.idle_timeout = 60ms;
  TestServer server(options);
  Client client(server);
  client.exchange(get("/"));
  trickle(client, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");
  const Received end = client.receive_to_end();
  CHECK((end.bytes.empty() || end.bytes.starts_with("HTTP/1.1 400")));
  client.close();
  const CloseReason reason = server.closed().close_reason;
  CHECK((reason == CloseReason::idle_timeout || reason == CloseReason::protocol_error));
}

TEST_CASE("a head or body that does not arrive in time is answered 408, also when bytes trickle in") {
  Options options;
  options.timeouts = {.header_timeout = 60ms, .body_timeout = 70ms};
  TestServer server(options);
  const std::string long_head = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x');
  const std::string post_head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n";
  const std::string chunked_head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n";
  const struct {
    const char* what;
    std::string said;
    std::string trickled;
    CloseReason reason;
    const char* text;
  } rows[] = {
      {"head", "G", "", CloseReason::header_timeout, "the request's head did not arrive within header_timeout (60 ms)"},
      {"trickling head", "", long_head, CloseReason::header_timeout, "head did not arrive"},
      {"body", post_head, "", CloseReason::body_timeout,
       "the request's body did not arrive within body_timeout (70 ms)"},
      {"trickling body", post_head, std::string(4999, 'x'), CloseReason::body_timeout, "body did not arrive"},
      {"trickling chunk", chunked_head, std::string(4999, 'x'), CloseReason::body_timeout, "body did not arrive"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Client client(server);
    client.send(row.said);
    if (*row.trickled.c_str() != '\0') trickle(client, row.trickled);
    const Reply reply = client.receive_reply();
    CHECK(reply.status == 408);
    CHECK(reply.body.find(row.text) != std::string::npos);
    CHECK(reply.field("connection") == "close");
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == row.reason);
    CHECK(record.verdict.closed_first == Side::server);
  }
}

TEST_CASE("the head's time does not count for the body, nor one request's for the next") {
  Options options;
  // Two pauses are longer than a timeout, and one is shorter by what a busy machine may take.
  options.timeouts = {.idle_timeout = never, .header_timeout = 500ms, .body_timeout = 500ms};
  TestServer server(options);
  Client client(server);
  for (int i = 0; i < 3; ++i) {
    for (const char* piece : {"POST /echo HTTP/1.1\r\nHo", "st: h\r\nContent-Length: 4\r\n\r\nbo"}) {
      client.send(piece);
      pause(260ms);
    }
    client.send("dy");
    CHECK(client.receive_reply().body == "body");
  }
}

TEST_CASE("write_timeout: a client that takes nothing is aborted, and can't take what it has for the whole") {
  Options options;
  options.timeouts.write_timeout = 60ms;
  TestServer server(options);
  for (const char* path : {"/large?20000000", "/stream?200000000", "/chunked?200000000"}) {
    CAPTURE(path);
    Client client(server, 4096);
    client.send(get(path));
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::write_timeout);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.closed_by == ClosedBy::rst);
    CHECK(record.verdict.time_wait == TimeWait::none);
    CHECK(record.request_count == 1);
    CHECK(record.requests.back().answered_at == 0ns);
    CHECK(client.receive_to_end().error == ECONNRESET);
  }
}

TEST_CASE("write_timeout: every byte that is taken starts it anew") {
  Options options;
  options.timeouts.write_timeout = 150ms;
  TestServer server(options);
  Client client(server, 4096);
  client.send(get("/stream?6000000"));
  std::size_t taken = 0;
  const auto start = Clock::now();
  while (taken < 6'000'000 && Clock::now() - start < 400ms) {
    for (int i = 0; i < 20; ++i) taken += client.receive_some().bytes.size();
    pause(20ms);
  }
  CHECK(Clock::now() - start >= 150ms);
  while (taken < 6'000'000) {
    const std::size_t bytes = client.receive_some().bytes.size();
    REQUIRE(bytes > 0);
    taken += bytes;
  }
}

}  // namespace
}  // namespace closelab::loopback
