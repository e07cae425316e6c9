#include "server/lab/audit/passage.h"

#include <doctest/doctest.h>

#include "server/lab/audit/proxy_passages.h"

namespace closelab::lab {
namespace {

constexpr ExchangeEnd whole{.status = 200, .bytes = 10, .extent = Extent::whole};
constexpr ExchangeEnd cut_by_fin{.status = 200, .bytes = 5, .extent = Extent::cut, .end = StreamEnd::fin};
constexpr ExchangeEnd cut_by_rst{.status = 200, .bytes = 5, .extent = Extent::cut, .end = StreamEnd::rst};
constexpr ExchangeEnd cut_and_open{.status = 200, .bytes = 5, .extent = Extent::cut};
constexpr ExchangeEnd none{};
constexpr ExchangeEnd none_by_fin{.end = StreamEnd::fin};
constexpr ExchangeEnd none_by_rst{.end = StreamEnd::rst};
constexpr ExchangeEnd bad_gateway{.status = 502, .bytes = 157, .extent = Extent::whole};
constexpr ExchangeEnd unavailable{.status = 503, .bytes = 4, .extent = Extent::whole};

TEST_CASE("what a proxy made of an ending follows from both sides") {
  struct Row {
    ExchangeEnd upstream;
    ExchangeEnd front;
    Passage expected;
  };
  const Row rows[] = {
      {whole, whole, Passage::passed_on},
      {whole, cut_by_fin, Passage::invented},
      {whole, none_by_rst, Passage::invented},
      {whole, bad_gateway, Passage::replaced},
      {cut_by_fin, cut_by_fin, Passage::passed_on},
      {cut_by_fin, whole, Passage::masked},
      {cut_by_fin, cut_by_rst, Passage::invented},
      {cut_by_fin, bad_gateway, Passage::replaced},
      {cut_by_rst, cut_by_rst, Passage::passed_on},
      {cut_by_rst, cut_by_fin, Passage::masked},
      {cut_by_rst, whole, Passage::masked},
      {cut_by_rst, cut_and_open, Passage::masked},
      {none_by_fin, none_by_fin, Passage::passed_on},
      {none_by_rst, none_by_fin, Passage::masked},
      {none_by_fin, bad_gateway, Passage::replaced},
      {none, bad_gateway, Passage::replaced},
      {none, none_by_fin, Passage::invented},
      {none, none, Passage::passed_on},
      {unavailable, unavailable, Passage::passed_on},
  };
  for (const Row& row : rows) {
    CAPTURE(describe(row.upstream));
    CAPTURE(describe(row.front));
    CHECK(to_string(passage_of(row.upstream, row.front)) == to_string(row.expected));
  }
}

TEST_CASE("an ending in words") {
  CHECK(describe(whole) == "200, 10 bytes");
  CHECK(describe(cut_by_rst) == "cut at 5, RST");
  CHECK(describe(cut_and_open) == "cut at 5");
  CHECK(describe(none_by_fin) == "no answer, FIN");
  CHECK(describe(none) == "no answer");
}

TEST_CASE("what just passed is not worth a word") {
  CHECK_FALSE(is_remarkable({.upstream = whole, .front = whole, .requests = 1}));
  CHECK(is_remarkable({.upstream = whole, .front = whole, .requests = 2}));
  CHECK(is_remarkable({.upstream = cut_by_fin, .front = cut_by_fin, .requests = 1}));
  CHECK(is_remarkable({.upstream = whole, .front = bad_gateway, .passage = Passage::replaced, .requests = 1}));
}

using Clock = std::chrono::system_clock;
constexpr Clock::time_point begin{std::chrono::hours(1)};

/// One step, whose request came on one connection with that evidence.
Played played(const ExchangeEnd& front, RequestRecord request, std::vector<Evidence> evidence) {
  Played result;
  result.steps = {
      {.text = "GET http://127.0.0.1:1/", .begun = begin, .reply = {.status = front.status, .front = front}}};
  request.connection_id = 1;
  request.number = 1;
  ConnectionRecord record;
  record.id = 1;
  record.accepted_at = begin;
  record.request_count = 1;
  record.requests = {request};
  record.evidence = std::move(evidence);
  record.rules_fired.emplace_back();
  record.rules_fired.back().rule_id = 1;
  record.rules_fired.back().request_number = 1;
  result.records = {record};
  return result;
}

RequestRecord answered(int status) {
  RequestRecord request;
  request.status = status;
  request.response_body_bytes = 10;
  request.answered_at = std::chrono::milliseconds(1);
  return request;
}

TEST_CASE("the upstream's side is what the server's records say") {
  const Evidence fin{.fact = fact::SentFin{}};
  const Evidence rst{.fact = fact::Aborted{}};
  const Evidence client_fin{.fact = fact::ReceivedFin{}};
  struct Row {
    RequestRecord request;
    std::vector<Evidence> evidence;
    const char* expected;
  };
  const Row rows[] = {
      {answered(200), {}, "200, 10 bytes"}, {answered(200), {fin}, "200, 10 bytes"},
      {{}, {fin}, "no answer, FIN"},        {{}, {rst}, "no answer, RST"},
      {{}, {client_fin, fin}, "no answer"}, {{}, {{.fact = fact::Closed{.unread = 5}}}, "no answer, RST"},
  };
  for (const Row& row : rows) {
    Played play = played(whole, row.request, row.evidence);
    tell_passages({}, play);
    REQUIRE(play.steps[0].passed);
    CHECK(describe(play.steps[0].passed->upstream) == row.expected);
    CHECK(play.steps[0].passed->requests == 1);
  }
}

TEST_CASE("an answer that ends with its connection is not whole when that ends by RST") {
  Rule rule;
  rule.action = AnswerAction{.framing = AnswerAction::Framing::close};
  Played by_rst = played(whole, answered(200), {{.fact = fact::Aborted{}}});
  tell_passages({rule}, by_rst);
  CHECK(by_rst.steps[0].passed->passage == Passage::masked);
  Played by_fin = played(whole, answered(200), {{.fact = fact::SentFin{}}});
  tell_passages({rule}, by_fin);
  CHECK(by_fin.steps[0].passed->passage == Passage::passed_on);
}

TEST_CASE("an error of the proxy's own is its word for an error; one of the upstream's is an answer") {
  Played own = played(bad_gateway, {}, {{.fact = fact::SentFin{}}});
  tell_passages({}, own);
  CHECK(own.steps[0].reply.kind == Reply::Kind::error);
  CHECK(own.steps[0].reply.text == "the proxy says 502");
  Played upstreams = played(unavailable, answered(503), {});
  tell_passages({}, upstreams);
  CHECK(upstreams.steps[0].reply.kind == Reply::Kind::ok);
}

TEST_CASE("where no request came, the end of a connection meanwhile is what the proxy met") {
  Played play = played(none_by_fin, answered(200), {{.at = std::chrono::seconds(2), .fact = fact::Aborted{}}});
  play.steps.push_back(play.steps[0]);
  play.steps[1].begun = begin + std::chrono::seconds(1);
  tell_passages({}, play);
  CHECK(describe(play.steps[1].passed->upstream) == "no answer, RST");
  CHECK(play.steps[1].passed->requests == 0);
}

}  // namespace
}  // namespace closelab::lab
