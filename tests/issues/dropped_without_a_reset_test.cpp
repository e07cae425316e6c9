// SO_LINGER{1,0} and close() in LAST_ACK drop the socket, unacknowledged bytes included, and no RST leaves: the
// evidence told of one, and the record said that all had arrived. With packets as a witness the verdict said that there
// was none, before the client's ACK of our FIN had come, which draws one.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "server/record/outcome.h"
#include "tests/net/verdict/story.h"
#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

using M = SampleMoment;
using S = TcpState;

/// A half-closed client's answer and our FIN are lost on their way.
Story dropped() {
  return Story()
      .eof()
      .fin()
      .fact(fact::Sampled{.moment = M::before_close, .state = S::last_ack, .unacked = 438}, Source::tcp_info)
      .fact(fact::Aborted{.silent = true})
      .own(S::closed)
      .remote();
}

TEST_CASE("what our kernel dropped in LAST_ACK may be lost, and who holds TIME_WAIT is unknown") {
  const std::vector<Evidence> alone = dropped().evidence();
  const std::vector<Evidence> witnessed = dropped()
                                              .fact(segment(Sender::client, "F.", 200, 500), Source::capture)
                                              .fact(segment(Sender::server, "F.", 937, 201), Source::capture)
                                              .evidence();
  for (const std::vector<Evidence>& evidence : {alone, witnessed}) {
    CAPTURE(evidence.size());
    RequestRecord request;
    request.status = 200;
    request.answered_at = std::chrono::milliseconds(1);
    request.seen_by = SeenBy::handler;
    request.answer_end = 437;
    ConnectionRecord record;
    record.requests = {request};
    record.evidence = evidence;
    record.verdict = derive_verdict(evidence);
    server::judge_outcomes(record);
    CHECK(record.verdict.closed_first == Side::client);
    CHECK(record.verdict.bytes_at_risk == 437U);
    CHECK(record.verdict.time_wait == TimeWait::unknown);
    CHECK(record.retry == Retry::if_idempotent);
  }
}

TEST_CASE("an RST may follow that answers the client's ACK, until one is seen") {
  const Story crossed = dropped()
                            .fact(segment(Sender::server, "F.", 937, 200), Source::capture)
                            .fact(segment(Sender::client, "F.", 200, 937), Source::capture);
  CHECK(derive_verdict(crossed.evidence()).reset_by == ResetBy::undetermined);
  const Story seen = Story(crossed).fact(segment(Sender::server, "R", 938, 0), Source::capture);
  CHECK(derive_verdict(seen.evidence()).reset_by == ResetBy::server);
}

TEST_CASE("no RST is told of where none was sent") {
  CHECK(describe(fact::Aborted{.silent = true}) ==
        "SO_LINGER{1,0} and close(): with both FINs under way the kernel drops the socket and sends nothing");
}

}  // namespace
}  // namespace closelab::net
