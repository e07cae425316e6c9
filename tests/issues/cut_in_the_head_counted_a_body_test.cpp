// The record of a response that a rule had cut on the wire, in its head even, counted the whole body.

#include "tests/loopback/fixture.h"

using namespace closelab;
using namespace closelab::loopback;

TEST_CASE("of a response that is cut on the wire, the record counts the bytes of the body that were sent") {
  for (const auto framing : {AnswerAction::Framing::length, AnswerAction::Framing::chunked}) {
    const bool chunked = framing == AnswerAction::Framing::chunked;
    CAPTURE(chunked);
    const std::size_t head =
        std::string_view("HTTP/1.1 200 OK\r\nDate: 0\r\n\r\n").size() +
        std::string_view(chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 3\r\n").size();
    for (std::size_t bytes = head - 5; bytes <= head + (chunked ? 13 : 3); ++bytes) {
      CAPTURE(bytes);
      TestServer server;
      server.add_rule(at(At::before_response).answer({.fields = "Date: 0", .body = "xyz", .framing = framing}));
      server.add_rule(at_response_wire(bytes).close(CloseMode::lingering));
      Client client(server);
      client.send(get("/"));
      const std::string received = client.receive_to_end().bytes;
      REQUIRE(received.size() == bytes);
      client.close();
      const std::string_view behind_head = std::string_view(received).substr(std::min(head, bytes));
      const auto body = std::ranges::count_if(behind_head, [](char c) { return c >= 'x'; });
      CHECK(server.closed().requests.at(0).response_body_bytes == static_cast<std::uint64_t>(body));
    }
  }
}
