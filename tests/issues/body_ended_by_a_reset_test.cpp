// A body that ends with the connection counted as a whole answer although the connection ended by an RST.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {

TEST_CASE("issue: a body that ends with the connection is incomplete when an RST ends it") {
  struct Row {
    std::string request;
    std::optional<AnswerAction::Framing> framing;
    CloseMode mode;
    Retry retry;
  };
  const std::string old = "GET /chunked?100 HTTP/1.0\r\n\r\n";
  using Framing = AnswerAction::Framing;
  const Row rows[] = {{old, {}, CloseMode::abortive, Retry::if_idempotent},
                      {old, {}, CloseMode::lingering, Retry::not_needed},
                      {get("/"), Framing::close, CloseMode::abortive, Retry::if_idempotent},
                      {get("/"), Framing::none, CloseMode::abortive, Retry::if_idempotent},
                      {get("/"), Framing::close, CloseMode::lingering, Retry::not_needed}};
  for (const Row& row : rows) {
    CAPTURE(row.request);
    CAPTURE(row.mode);
    Options options;
    options.close_mode = row.mode;
    TestServer server(options);
    if (row.framing) {
      server.add_rule(at(At::before_response).answer({.body = "half", .framing = *row.framing, .close = row.mode}));
    }
    Client client(server);
    client.send(row.request);
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.requests.at(0).retry == row.retry);
  }
}

}  // namespace closelab::loopback
