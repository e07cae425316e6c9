// A request that crossed our FIN, and was answered by RST, was `not_needed` when packets were captured, and `safe`
// otherwise; one that crossed the RST of an idle connection was `not_needed`.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "server/record/outcome.h"
#include "tests/net/verdict/story.h"
#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

using M = SampleMoment;
using S = TcpState;

constexpr auto capture = Source::capture;

/// After one request that was answered.
ConnectionRecord judged(const Story& story) {
  ConnectionRecord record;
  record.request_count = 1;
  record.evidence = story.evidence();
  record.verdict = derive_verdict(record.evidence);
  server::judge_outcomes(record);
  return record;
}

Story aborted(S client, bool is_local) {
  Story story;
  story.frozen();
  if (is_local) story.peer(client);
  story.sample(M::before_close, S::established).aborted().own(S::closed);
  return is_local ? story.peer(S::closed) : story.remote();
}

TEST_CASE("an RST without an ACK after our FIN answers a request that came too late") {
  const Story fin = Story().fin_left().closed().own(S::closed).peer(S::closed);
  const fact::Segment our_fin = segment(Sender::server, "F.", 600, 200);
  const fact::Segment our_rst = segment(Sender::server, "R", 601);
  const ConnectionRecord late = judged(Story(fin).fact(our_fin, capture).fact(our_rst, capture));
  CHECK(late.retry == Retry::safe);
  CHECK(late.retry_source == Source::capture);
  const fact::Segment client_fin = segment(Sender::client, "F.", 200, 601);
  const Story fin_answered = Story(fin).fact(our_fin, capture).fact(client_fin, capture).fact(our_rst, capture);
  CHECK(derive_verdict(fin_answered.evidence()).closed_first == Side::server);
}

TEST_CASE("a request may have crossed the RST of an idle connection, unless the client was looked at") {
  const ConnectionRecord remote = judged(aborted(S::established, false));
  CHECK(remote.retry == Retry::safe);
  CHECK(remote.retry_source == Source::inferred);
  CHECK(judged(aborted(S::established, true)).retry == Retry::not_needed);
  const Story answered = aborted(S::established, true)
                             .fact(segment(Sender::server, "R.", 600, 200), capture)
                             .fact(segment(Sender::server, "R", 600), capture);
  CHECK(judged(answered).retry == Retry::safe);
}

TEST_CASE("the evidence says what an RST without an ACK is") {
  CHECK(describe(segment(Sender::server, "R", 601)) ==
        "RST of the server's, captured: it answers a segment that found no socket");
}

}  // namespace
}  // namespace closelab::net
