// Rules whose moment falls into an unusual place: chunked, streamed, empty and missing bodies, pipelined requests,
// clients that read late.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options quick() {
  Options options;
  options.lingering.time = 200ms;
  return options;
}

std::string head(std::string_view path) { return "HEAD " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

/// Everything after the first response's head.
std::string behind_head(const std::string& bytes) { return bytes.substr(bytes.find("\r\n\r\n") + 4); }

TEST_CASE("where a body ends for a rule") {
  const auto reset_at = [](std::uint64_t bytes) { return at_response_body(bytes).close(CloseMode::abortive); };
  const struct {
    std::string what;
    std::string request;
    Rule rule;
    std::string body;
  } rows[] = {
      {"within a chunk", get("/chunked?5"), reset_at(3), "3\r\nxxx\r\n"},
      {"after the last byte, before the last chunk", get("/chunked?5"), reset_at(5), "5\r\nxxxxx\r\n"},
      {"before the first chunk", get("/chunked?5"), reset_at(0), ""},
      {"before the first byte", get("/"), reset_at(0), ""},
      {"after the last byte", get("/"), reset_at(5), "hello"},
      {"after the head, chunked", get("/chunked?5"), at(At::response_headers).close(CloseMode::abortive), ""},
      {"after the last chunk", get("/chunked?5"), at(At::after_response).close(CloseMode::abortive),
       "5\r\nxxxxx\r\n0\r\n\r\n"},
      {"an empty body", get("/large?0"), reset_at(0), ""},
      {"a body delimited by the end", get_1_0("/chunked?5"), reset_at(3), "xxx"},
      {"HEAD has a head", head("/"), at(At::response_headers).close(CloseMode::abortive), ""},
      {"HEAD has an end", head("/"), at(At::after_response).close(CloseMode::abortive), ""},
      {"a body that is written later", get("/written"), reset_at(4), "4\r\nabcd\r\n"},
      {"no byte is too many for a large body", get("/stream?200000"), reset_at(123'457), std::string(123'457, 'x')},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TestServer server(quick());
    server.handle("/written", [](const Request&) {
      const BodyStream stream;
      stream.write("abc");
      stream.write("def");
      stream.end();
      return Response{.body_stream = stream};
    });
    server.add_rule(row.rule);
    Client client(server);
    client.send(row.request);
    const Received received = client.receive_to_end();
    CHECK(received.error == ECONNRESET);
    CHECK(received.bytes.starts_with("HTTP/1.1 200 "));
    const bool same = behind_head(received.bytes) == row.body;  // not printed, for the large one's sake
    CHECK(same);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::rule);
    CHECK(record.verdict.bytes_at_risk == 0U);
    CHECK(server.unused_rules().empty());
  }
}

TEST_CASE("a moment that never comes: the rule stays unused, and the response whole") {
  const struct {
    std::string what;
    std::string request;
    Body body;
    Rule rule;
  } rows[] = {
      {"the body is shorter", get("/"), Body::expected, at_response_body(6).close(CloseMode::abortive)},
      {"a chunked body is shorter", get("/chunked?5"), Body::expected, at_response_body(6).truncate()},
      {"no body", head("/"), Body::none, at_response_body(1).close(CloseMode::abortive)},
      {"HEAD, a truncation within the body", head("/"), Body::none, at_response_body(2).truncate()},
      {"the request's body is shorter", post("/echo", "hello"), Body::expected, at_request_body(6).close()},
      {"no request body", get("/"), Body::expected, at_request_body(1).stall()},
      {"another request", get("/"), Body::expected, at(At::before_response).close().on_request(3)},
      {"another connection", get("/"), Body::expected, at(At::accept).close().on_connection(2)},
      {"another path", get("/"), Body::expected, at(At::before_response).close().on_path("/path/*")},
      {"never drawn", get("/"), Body::expected, at(At::before_response).close().with_probability(0)},
      {"not idle for so long", get("/"), Body::expected, at_idle(1h).close()},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TestServer server;
    server.add_rule(row.rule);
    Client client(server);
    for (int i = 0; i < 2; ++i) {
      const Reply reply = client.exchange(row.request, row.body);
      CHECK(reply.status == 200);
      CHECK(reply.body.size() == (row.body == Body::none ? 0U : 5U));
    }
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.rules_fired.empty());
    CHECK(record.close_reason == CloseReason::peer_closed);
    const StopReport report = server.stop();
    REQUIRE(report.unused_rules.size() == 1);
    CHECK(report.unused_rules[0].rule == row.rule);
  }
}

TEST_CASE("of pipelined requests only the one that is meant is cut, and none after it is served") {
  const struct {
    Rule rule;
    /// Complete responses, and what follows after them.
    std::size_t complete;
    const char* rest;
    std::uint64_t requests;
    Retry retry;
  } rows[] = {
      {at(At::request_headers).close(), 1, "", 2, Retry::safe},
      {at(At::before_response).close(), 1, "", 2, Retry::if_idempotent},
      {at_response_body(2).close(), 1, "he", 2, Retry::if_idempotent},
      {at_response_body(2).close(CloseMode::abortive), 1, "he", 2, Retry::if_idempotent},
      {at(At::after_response).close(), 2, "", 2, Retry::safe},
      {at(At::next_request).close(), 2, "", 2, Retry::safe},
      {at_response_body(2).truncate(), 1, "he", 2, Retry::if_idempotent},
      {at_response_body(2).delay(20ms), 3, "", 3, Retry::not_needed},
      {at(At::next_request).delay(20ms), 3, "", 3, Retry::not_needed},
      {at(At::after_response).slow(50, 1ms), 3, "", 3, Retry::not_needed},
  };
  for (const auto& row : rows) {
    INFO(row.rule);
    TestServer server(quick());
    server.add_rule(Rule(row.rule).on_request(2));
    Client client(server);
    client.send(get("/") + get("/") + get("/"));
    for (std::size_t i = 0; i < row.complete; ++i) CHECK(client.receive_reply().body == "hello");
    if (row.complete < 3) {
      const std::string rest = client.receive_to_end().bytes;
      CHECK((rest.empty() ? rest : behind_head(rest)) == row.rest);
    }
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.request_count == row.requests);
    CHECK(record.retry == row.retry);
    CHECK(record.rules_fired.size() == 1);
    CHECK(server.unused_rules().empty());
  }
}

TEST_CASE("an RST after a large part of a body destroys none of it, however late the client reads") {
  constexpr std::uint64_t bytes = 500'000;
  TestServer server;
  server.add_rule(at_response_body(bytes).close(CloseMode::abortive));
  Client client(server, 16 * 1024);
  client.send(get("/stream?1000000"));
  // What the client's window has no room for stays with the server's kernel, and an RST would destroy it there.
  while (server.counts().active == 0 && !server.unused_rules().empty()) std::this_thread::yield();
  const Received received = client.receive_to_end();
  CHECK(received.error == ECONNRESET);
  CHECK(behind_head(received.bytes).size() == bytes);
  CHECK(server.closed().verdict.bytes_at_risk == 0U);
}

TEST_CASE("several rules at one moment act in their order, until one ends the connection") {
  TestServer server(quick());
  server.add_rule(at(At::before_response).delay(20ms));
  server.add_rule(at_response_body(2).delay(20ms));
  server.add_rule(at_response_body(2).close());
  server.add_rule(at_response_body(2).stall());
  Client client(server);
  client.send(get("/"));
  CHECK(client.receive_to_end().bytes.ends_with("\r\n\r\nhe"));
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  REQUIRE(record.rules_fired.size() == 3);
  for (std::uint64_t i = 0; i < 3; ++i) CHECK(record.rules_fired[i].rule_id == i + 1);
  const auto unused = server.unused_rules();
  REQUIRE(unused.size() == 1);
  CHECK(unused[0].id == 4);
}

TEST_CASE("a rule that may act twice acts on two connections, whichever they are") {
  TestServer server(quick());
  server.add_rule(at(At::before_response).close().at_most(2));
  std::string outcomes;
  for (int i = 0; i < 4; ++i) {
    Client client(server);
    client.send(get("/close"));
    outcomes += client.receive_to_end().bytes.empty() ? 'x' : '.';
  }
  CHECK(outcomes == "xx..");
  CHECK(server.rules().at(0).fired == 2);
}

}  // namespace
}  // namespace closelab::loopback
