// Requests that came after one that was refused, or timed out in its body, were forgotten: `retry` said `not_needed`.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Retry retry_after(TestServer& server, const std::string& bytes) {
  Client client(server);
  client.try_send(bytes);
  client.receive_to_end();
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.request_count == 1);
  return record.retry;
}

Options bounded(CloseMode mode) {
  Options options;
  options.close_mode = mode;
  options.limits.body_bytes = 10;
  options.timeouts.body_timeout = 20ms;
  return options;
}

const std::string without_host = "GET / HTTP/1.1\r\n\r\n";
const std::string too_long = post("/echo", std::string(20, 'x'));

TEST_CASE("a request after a refused one is safe to send again") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate}) {
    CAPTURE(mode);
    TestServer server(bounded(mode));
    CHECK(retry_after(server, without_host + get("/")) == Retry::safe);
    CHECK(retry_after(server, too_long + get("/")) == Retry::safe);
  }
}

TEST_CASE("what belongs to the refused request is no other one") {
  TestServer server(bounded(CloseMode::lingering));
  CHECK(retry_after(server, without_host) == Retry::not_needed);
  CHECK(retry_after(server, too_long) == Retry::not_needed);
}

TEST_CASE("a request after the rest of one that timed out is safe to send again") {
  TestServer server(bounded(CloseMode::half));
  for (const bool has_next : {true, false}) {
    CAPTURE(has_next);
    Client client(server);
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab");
    client.receive_some();
    client.try_send('c' + (has_next ? get("/") : ""));
    client.receive_to_end();
    client.close();
    CHECK(server.closed().retry == (has_next ? Retry::safe : Retry::not_needed));
  }
}

}  // namespace
}  // namespace closelab::loopback
