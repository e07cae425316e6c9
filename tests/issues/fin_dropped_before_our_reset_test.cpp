// Between the last look at the state and our RST the kernel was told to drop all that came, so that a FIN or RST of the
// client's in that time was on the wire, and the verdict said that the server had closed first.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/teardown/teardown_rig.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

Verdict aborted(std::uint32_t missed) {
  return derive_verdict(Story()
                            .frozen()
                            .sample(SampleMoment::before_close, TcpState::established)
                            .fact(fact::Aborted{missed})
                            .own(TcpState::closed)
                            .peer(TcpState::closed)
                            .evidence());
}

TEST_CASE("who was first is undetermined when a FIN or RST came right before our RST") {
  CHECK(aborted(0).closed_first == Side::server);
  CHECK(aborted(0).closed_by == ClosedBy::rst);
  CHECK(aborted(1).closed_first == Side::undetermined);
  CHECK(aborted(1).reset_by == ResetBy::server);
}

TEST_CASE("who was first is undetermined when the client had left, and nothing of it was dropped or taken in yet") {
  const Verdict verdict = derive_verdict(Story()
                                             .frozen()
                                             .peer(TcpState::closed)
                                             .sample(SampleMoment::before_close, TcpState::established)
                                             .aborted()
                                             .own(TcpState::closed)
                                             .peer(TcpState::closed)
                                             .evidence());
  CHECK(verdict.closed_first == Side::undetermined);
  CHECK(verdict.reset_by == ResetBy::undetermined);
}

TEST_CASE("an abort sends its RST although the descriptor is asked afterwards what was dropped") {
  for (const test::Path& path : test::paths()) {
    test::Rig rig(test::mode(CloseMode::abortive), path);
    rig.teardown.flushed();
    CHECK(rig.client.receive_to_end().error == ECONNRESET);
    test::check(rig.settled(), Side::server, ClosedBy::rst, ResetBy::server, TimeWait::none);
  }
}

}  // namespace
}  // namespace closelab::net
