// A rule that made the connection wait, or slowed it down, exactly at the end of a response: the next pipelined request
// starved until the idle timeout, and the response was said to be unsent.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

struct Row {
  const char* name;
  std::string request;
  Rule rule;
};

std::vector<Row> stops() {
  const std::string head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
  return {{"slow HEAD", head, at(At::response_headers).slow(1000, 1ms)},
          {"slow, no body", get("/stream?0"), at(At::response_headers).slow(1000, 1ms)},
          {"delayed HEAD", head, at(At::response_headers).delay(1ms)},
          {"delayed 204", get("/empty"), at(At::response_headers).delay(1ms)},
          {"delayed, no body", get("/stream?0"), at(At::response_headers).delay(1ms)},
          {"delayed before no body", get("/stream?0"), at_response_body(0).delay(1ms)},
          {"delayed at the end", get("/"), at_response_body(5).delay(1ms)},
          {"slow from the end", get("/"), at_response_body(5).slow(1000, 1ms)},
          {"sent at the end", get("/"), at_response_body(5).send("HTTP/1.1 100 Continue\r\n\r\n")}};
}

}  // namespace

TEST_CASE("issue: after a stop at the end of a response the next request is answered") {
  for (const Row& row : stops()) {
    CAPTURE(row.name);
    TestServer server;
    server.handle("/empty", [](const Request&) { return Response{.status = 204}; });
    Rule rule = row.rule;
    rule.request = 1;
    server.add_rule(rule);
    Client client(server);
    client.send(row.request + get("/close"));
    const std::string received = client.receive_to_end().bytes;
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(received.ends_with("bye"));
    REQUIRE(record.requests.size() == 2);
    CHECK(record.requests[0].answered_at.count() > 0);
    CHECK(record.requests[0].retry == Retry::not_needed);
    CHECK(record.retry == Retry::not_needed);
  }
}

TEST_CASE("issue: an answer that a rule cuts at its end is whole") {
  const std::vector<Row> rows{{"no body", get("/stream?0"), at(At::response_headers).close()},
                              {"all of a body", get("/"), at_response_body(5).close()}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    TestServer server;
    server.add_rule(row.rule);
    Client client(server);
    client.send(row.request);
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.requests.at(0).answered_at.count() > 0);
    CHECK(record.retry == Retry::not_needed);
  }
}

}  // namespace closelab::loopback
