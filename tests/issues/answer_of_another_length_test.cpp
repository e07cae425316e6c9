// Requests whose answer ended elsewhere than its head said counted as answered: one truncated right after its body,
// and a body after a 204 or 304. An answer to HEAD, which has no body, counted as spoiled by its length.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

ConnectionRecord answered(const std::string& request, const std::vector<Rule>& rules) {
  TestServer server;
  for (const Rule& rule : rules) server.add_rule(rule);
  Client client(server);
  client.send(request);
  client.receive_to_end();
  client.close();
  return server.closed();
}

Rule answers(AnswerAction what) {
  what.close = CloseMode::lingering;
  return at(At::before_response).answer(std::move(what));
}

TEST_CASE("issue: a request whose answer is truncated after its body has no whole answer") {
  const Rule truncation = at(At::after_response).truncate();
  for (const char* path : {"/", "/stream?0", "/chunked?100"}) {
    for (const std::vector<Rule>& rules : {std::vector<Rule>{truncation},
                                           {at(At::after_response).close(), truncation},
                                           {truncation, at(At::after_response).close()}}) {
      const ConnectionRecord record = answered(get(path), rules);
      INFO(record);
      CHECK(record.requests.at(0).answer_spoiled);
      CHECK(record.requests[0].retry == Retry::if_idempotent);
      CHECK(record.retry == Retry::if_idempotent);
    }
  }
}

TEST_CASE("issue: a body after a head that ends its answer spoils it, and one that is not due is not missed") {
  const std::string head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
  const struct {
    const char* name;
    std::string request;
    AnswerAction answer;
    bool spoiled;
  } rows[] = {{"204 and a body", get("/"), {.status = 204, .body = "x"}, true},
              {"304 and a body", get("/"), {.status = 304, .body = "x"}, true},
              {"304 and a last chunk", get("/"), {.status = 304, .framing = AnswerAction::Framing::chunked}, true},
              {"204", get("/"), {.status = 204}, false},
              {"304 with a length", get("/"), {.status = 304, .length = 500}, false},
              {"HEAD with a length", head, {.length = 500}, false},
              {"GET with a length", get("/"), {.length = 500}, true}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const ConnectionRecord record = answered(row.request, {answers(row.answer)});
    INFO(record);
    CHECK(record.requests.at(0).answer_spoiled == row.spoiled);
    CHECK((record.requests[0].retry == Retry::not_needed) == !row.spoiled);
  }
}

}  // namespace
}  // namespace closelab::loopback
