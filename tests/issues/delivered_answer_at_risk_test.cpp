// "Up to N bytes of the response may be lost" was said although the evidence showed that all had arrived: the client's
// end had been in CLOSE_WAIT, its RST acknowledged our FIN, or our RST had the number that it had acknowledged. And of
// an answer that was acknowledged long before our FIN nothing was known when the end was not seen.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "server/record/outcome.h"
#include "tests/net/verdict/story.h"
#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

using M = SampleMoment;
using S = TcpState;

Story unacked() {
  return Story()
      .fact(fact::Sampled{.moment = M::before_fin, .state = S::established, .unacked = 273}, Source::tcp_info)
      .fin()
      .fact(fact::Sampled{.moment = M::after_fin, .state = S::fin_wait_1, .unacked = 274}, Source::tcp_info);
}

Story reset_by_client() {
  return unacked().closed().own(S::fin_wait_1).peer(S::close_wait).own(S::closed).peer(S::closed);
}

TEST_CASE("what came before our FIN, which the client's end has, is not at risk") {
  CHECK(derive_verdict(reset_by_client().evidence()).bytes_at_risk == 0U);
}

TEST_CASE("what a captured number acknowledges is not at risk") {
  const fact::Segment fin = segment(Sender::server, "F.", 600, 200);
  for (const fact::Segment& rst : {segment(Sender::client, "R.", 200, 601), segment(Sender::server, "R", 601)}) {
    CAPTURE(to_string(rst.from));
    const Verdict verdict = derive_verdict(
        unacked().closed().own(S::closed).remote().fact(fin, Source::capture).fact(rst, Source::capture).evidence());
    CHECK(verdict.bytes_at_risk == 0U);
  }
}

TEST_CASE("what had been acknowledged before our FIN has arrived, though nobody saw the end") {
  ConnectionRecord record;
  for (const std::uint64_t end : {5119U, 5119U + 273U}) {
    RequestRecord request;
    request.status = 200;
    request.answered_at = std::chrono::milliseconds(1);
    request.seen_by = SeenBy::handler;
    request.answer_end = end;
    record.requests.push_back(request);
  }
  record.evidence = unacked().closed().own(S::fin_wait_1).remote().own(S::closed).evidence();
  record.verdict = derive_verdict(record.evidence);
  server::judge_outcomes(record);
  CHECK(record.verdict.bytes_at_risk == std::nullopt);
  CHECK(record.requests[0].retry == Retry::not_needed);
  CHECK(record.requests[1].retry == Retry::if_idempotent);
}

}  // namespace
}  // namespace closelab::net
