// Rules: every action at a moment where it shows, and whom rules are for.

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options quick() {
  Options options;
  options.lingering.time = 200ms;
  return options;
}

TEST_CASE("a rule resets the connection after exactly so many body bytes") {
  for (const std::uint64_t bytes : {0U, 1U, 100U, 999U, 1000U}) {
    CAPTURE(bytes);
    TestServer server;
    server.add_rule(at_response_body(bytes).close(CloseMode::abortive));
    Client client(server);
    client.send(get("/large?1000"));
    const Received received = client.receive_to_end();
    CHECK(received.error == ECONNRESET);
    const std::size_t head = received.bytes.find("\r\n\r\n") + 4;
    CHECK(received.bytes.substr(head) == pattern(1000).substr(0, bytes));
    CHECK(received.bytes.find("Content-Length: 1000\r\n") != std::string::npos);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::rule);
    CHECK(record.close_mode == CloseMode::abortive);
    CHECK(record.verdict.closed_by == ClosedBy::rst);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.bytes_at_risk == 0U);
    CHECK(record.retry == (bytes < 1000 ? Retry::if_idempotent : Retry::not_needed));
    REQUIRE(record.rules_fired.size() == 1);
    CHECK(record.rules_fired[0].rule_id == 1);
    CHECK(record.rules_fired[0].request_number == 1);
    REQUIRE(record.requests.size() == 1);
    CHECK(record.requests[0].response_body_bytes == bytes);
  }
}

TEST_CASE("a truncated response promises more than it sends, and ends with FIN") {
  const struct {
    const char* path;
    Rule rule;
    const char* promise;
    std::size_t body;
  } rows[] = {
      {"/large?1000", at_response_body(10).truncate(), "Content-Length: 1000\r\n", 10},
      {"/large?1000", at_response_body(1000).truncate(), "Content-Length: 1001\r\n", 1000},
      {"/large?1000", at(At::after_response).truncate(), "Content-Length: 1001\r\n", 1000},
      {"/large?1000", at(At::response_headers).truncate(), "Content-Length: 1000\r\n", 0},
      {"/large?1000", at(At::before_response).truncate(), "Content-Length: 1000\r\n", 0},
      {"/large?1000", at(At::request_headers).truncate(), "Content-Length: 1000\r\n", 0},
      {"/large?1000", at(At::accept).truncate(), "Content-Length: 1000\r\n", 0},
      {"/stream?70000", at_response_body(65537).truncate(), "Content-Length: 70000\r\n", 65537},
      {"/large?0", at(At::response_headers).truncate(), "Content-Length: 1\r\n", 0},
  };
  for (const auto& row : rows) {
    INFO(row.rule);
    CAPTURE(row.path);
    TestServer server(quick());
    server.add_rule(row.rule);
    Client client(server);
    client.send(get(row.path));
    const Received received = client.receive_to_end();
    CHECK(received.error == 0);
    const std::size_t head = received.bytes.find("\r\n\r\n") + 4;
    CHECK(received.bytes.size() - head == row.body);
    CHECK(received.bytes.find(row.promise) != std::string::npos);
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::rule);
    CHECK(record.retry == Retry::if_idempotent);
  }
}

TEST_CASE("a truncation that has no turn left makes no false promise") {
  TestServer server(quick());
  server.add_rule(at(At::after_response).truncate().once());
  Client slow(server, 4096);
  slow.send(get("/stream?3000000"));
  CHECK(slow.receive_until("\r\n\r\n").find("Content-Length: 3000001") != std::string::npos);
  Client second(server);
  CHECK(second.exchange(get("/large?10")).body == pattern(10));
  CHECK(server.rules().at(0).fired == 1);
}

TEST_CASE("a truncated chunked body lacks its last chunk") {
  for (const Rule& rule : {at(At::after_response).truncate(), at_response_body(5).truncate()}) {
    INFO(rule);
    TestServer server(quick());
    server.add_rule(rule);
    Client client(server);
    client.send(get("/chunked?5"));
    const Received received = client.receive_to_end();
    CHECK(received.error == 0);
    CHECK(received.bytes.ends_with("\r\n\r\n5\r\nxxxxx\r\n"));
  }
}

TEST_CASE("the race of a stale connection: closed when the next request's first byte arrives") {
  const struct {
    CloseMode mode;
    int error;
  } rows[] = {{CloseMode::lingering, 0}, {CloseMode::immediate, ECONNRESET}, {CloseMode::abortive, ECONNRESET}};
  for (const auto& row : rows) {
    CAPTURE(to_string(row.mode));
    TestServer server;
    server.add_rule(at(At::next_request).close(row.mode).on_connection(1));
    Client client(server);
    CHECK(client.exchange(get("/")).body == "hello");
    client.send(get("/"));
    const Received received = client.receive_to_end();
    CHECK(received.bytes == "");
    CHECK(received.error == row.error);
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::rule);
    CHECK(record.retry == Retry::safe);
    CHECK(record.request_count == 1);
    CHECK(server.unused_rules().empty());
  }
}

TEST_CASE("at next_request, of pipelined requests too") {
  TestServer server(quick());
  server.add_rule(at(At::next_request).close());
  Client client(server);
  client.send(get("/") + get("/") + get("/"));
  const Received received = client.receive_to_end();
  CHECK(received.bytes.ends_with("hello"));
  CHECK(received.bytes.find("hello") == received.bytes.size() - 5);
  client.close();
  CHECK(server.closed().retry == Retry::safe);
}

TEST_CASE("rules before the response leave it unsent") {
  for (const At moment : {At::accept, At::request_headers, At::before_response}) {
    CAPTURE(to_string(moment));
    TestServer server(quick());
    int handled = 0;
    server.handle("/count", [&](const Request&) {
      ++handled;
      return Response{};
    });
    server.add_rule(at(moment).close());
    Client client(server);
    client.try_send(get("/count"));
    CHECK(client.receive_to_end().bytes == "");
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(handled == (moment == At::before_response ? 1 : 0));
    CHECK(record.retry == (moment == At::before_response ? Retry::if_idempotent : Retry::safe));
    CHECK(record.request_count == (moment == At::accept ? 0 : 1));
    if (moment == At::before_response) CHECK(record.requests.at(0).status == 0);
  }
}

TEST_CASE("at request_body:N exactly N bytes of the body are read") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    TestServer server(quick());
    server.add_rule(at_request_body(4).close());
    Client client(server);
    client.send(
        chunked
            ? "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
            : post("/echo", "abcdef"));
    CHECK(client.receive_to_end().bytes == "");
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    REQUIRE(record.requests.size() == 1);
    CHECK(record.requests[0].request_body_bytes == 4);
    CHECK(record.requests[0].status == 0);
    CHECK(record.close_reason == CloseReason::rule);
  }
}

TEST_CASE("a delay holds the moment up, and nothing else") {
  const Rule rules[] = {at(At::accept).delay(30ms),           at(At::request_headers).delay(30ms),
                        at_request_body(2).delay(30ms),       at(At::before_response).delay(30ms),
                        at(At::response_headers).delay(30ms), at_response_body(3).delay(30ms)};
  for (const Rule& rule : rules) {
    INFO(rule);
    TestServer server;
    server.add_rule(rule);
    Client client(server);
    const auto start = std::chrono::steady_clock::now();
    CHECK(client.exchange(post("/echo", "hello")).body == "hello");
    CHECK(std::chrono::steady_clock::now() - start >= 30ms);
    CHECK(client.exchange(get("/")).body == "hello");
    CHECK(server.unused_rules().empty());
  }
}

TEST_CASE("a delay after the response and at the next request delays the next one") {
  for (const Rule& rule : {at(At::after_response).delay(30ms), at(At::next_request).delay(30ms)}) {
    INFO(rule);
    TestServer server;
    server.add_rule(Rule(rule).on_request(1));
    Client client(server);
    CHECK(client.exchange(get("/")).body == "hello");
    const auto start = std::chrono::steady_clock::now();
    CHECK(client.exchange(get("/")).body == "hello");
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
  }
}

TEST_CASE("a stalled connection ends when its client gives up, by FIN or RST") {
  for (const At moment : {At::accept, At::request_headers, At::before_response, At::response_headers, At::idle}) {
    for (const bool reset : {false, true}) {
      CAPTURE(to_string(moment));
      CAPTURE(reset);
      TestServer server;
      server.add_rule(moment == At::idle ? at_idle(10ms).stall() : at(moment).stall());
      Client client(server);
      client.send(get("/"));
      if (moment == At::idle) CHECK(client.receive_reply().body == "hello");
      if (moment == At::response_headers) CHECK(client.receive_until("\r\n\r\n").ends_with("\r\n\r\n"));
      while (server.unused_rules().size() == 1) std::this_thread::yield();
      CHECK(client.is_quiet());
      reset ? client.reset() : client.close();
      const ConnectionRecord record = server.closed();
      INFO(record);
      CHECK(record.verdict.closed_first == Side::client);
      CHECK(record.close_reason == (reset ? CloseReason::peer_reset : CloseReason::peer_closed));
    }
  }
}

TEST_CASE("stop() does not wait for stalls, delays and holds") {
  TestServer server;
  server.add_rule(at(At::before_response).stall().on_connection(1));
  server.add_rule(at(At::before_response).delay(1h).on_connection(2));
  Client stalled(server);
  stalled.send(get("/"));
  REQUIRE(server.wait_accepted(patience));
  Client delayed(server);
  delayed.send(get("/"));
  REQUIRE(server.wait_accepted(patience));
  while (!server.unused_rules().empty()) std::this_thread::yield();
  server.hold_close();
  Client held(server);
  CHECK(held.exchange(get("/close")).body == "bye");
  const StopReport report = server.stop();
  CHECK(report.duration < 2s);
  CHECK(report.held_up.empty());
  CHECK(delayed.receive_reply().body == "hello");
  CHECK(stalled.receive_to_end().bytes == "");
}

TEST_CASE("slow: so many bytes every so often") {
  TestServer server;
  server.add_rule(at(At::response_headers).slow(4, 10ms).on_path("/path/*"));
  Client client(server);
  const auto start = std::chrono::steady_clock::now();
  CHECK(client.exchange(get("/path/0123456789")).body == "/path/0123456789");
  CHECK(std::chrono::steady_clock::now() - start >= 30ms);
  CHECK(client.exchange(get("/")).body == "hello");

  TestServer reader;
  reader.add_rule(at(At::request_headers).slow(5, 10ms));
  Client sender(reader);
  const auto sent = std::chrono::steady_clock::now();
  sender.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n");
  sender.send(pattern(20));
  CHECK(sender.receive_reply().body == pattern(20));
  CHECK(std::chrono::steady_clock::now() - sent >= 30ms);
}

TEST_CASE("a rule at idle:D acts on idle connections, before their first request too") {
  Options options = quick();
  options.timeouts.idle_timeout = 10s;
  TestServer server(options);
  server.add_rule(at_idle(20ms).close());
  Client fresh(server);
  CHECK(fresh.receives_fin());
  fresh.close();
  Client used(server);
  CHECK(used.exchange(get("/")).body == "hello");
  CHECK(used.receives_fin());
  CHECK(server.closed().close_reason == CloseReason::rule);
}

TEST_CASE("whom a rule is for") {
  TestServer server(quick());
  server.add_rule(at(At::before_response).close().on_connection(2).on_request(2).on_path("/path/*"));
  Client first(server);
  CHECK(first.exchange(get("/path/a")).status == 200);
  CHECK(first.exchange(get("/path/a")).status == 200);
  Client second(server);
  CHECK(second.exchange(get("/path/a")).status == 200);
  second.send(get("/path/a"));
  CHECK(second.receives_fin());
  const std::vector<RuleStatus> rules = server.rules();
  REQUIRE(rules.size() == 1);
  CHECK(rules[0].fired == 1);
}

TEST_CASE("a rule acts as often as it may; rules can be removed and replaced") {
  TestServer server(quick());
  const std::uint64_t id = server.add_rule(at(At::before_response).close().once());
  Client first(server);
  first.send(get("/"));
  CHECK(first.receives_fin());
  Client second(server);
  CHECK(second.exchange(get("/")).status == 200);
  CHECK(server.remove_rule(id));
  CHECK_FALSE(server.remove_rule(id));
  server.set_rules({at(At::before_response).close()});
  CHECK(server.rules().size() == 1);
  second.send(get("/"));
  CHECK(second.receives_fin());
  CHECK_THROWS_AS(server.add_rule(at(At::accept).close().on_request(1)), std::invalid_argument);
}

TEST_CASE("a probability decides the same way for the same seed") {
  const auto run = [](std::uint64_t seed) {
    Options options = quick();
    options.rule_seed = seed;
    options.rules = {at(At::before_response).truncate().with_probability(0.5)};
    TestServer server(options);
    CHECK(server.rule_seed() == seed);
    std::string outcomes;
    for (int i = 0; i < 40; ++i) {
      Client client(server);
      client.send(get("/close"));
      outcomes += client.receive_to_end().bytes.ends_with("bye") ? '.' : 'x';
    }
    return outcomes;
  };
  const std::string outcomes = run(7);
  CHECK(outcomes.find('x') != std::string::npos);
  CHECK(outcomes.find('.') != std::string::npos);
  CHECK(run(7) == outcomes);
  CHECK(run(8) != outcomes);
}

TEST_CASE("rules that come with a request") {
  Options options = quick();
  options.rules_of_request = [](const Request& request) {
    return request.query == "cut" ? std::vector<Rule>{at_response_body(2).truncate()} : std::vector<Rule>{};
  };
  TestServer server(options);
  Client client(server);
  CHECK(client.exchange(get("/")).body == "hello");
  client.send(get("/?cut"));
  CHECK(client.receive_to_end().bytes.ends_with("\r\n\r\nhe"));
  client.close();
  const ConnectionRecord record = server.closed();
  REQUIRE(record.rules_fired.size() == 1);
  CHECK(record.rules_fired[0].rule_id == 0);
  CHECK(record.rules_fired[0].request_number == 2);
}

}  // namespace
}  // namespace closelab::loopback
