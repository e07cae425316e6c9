// A FIN of ours that waited behind a full window, and met the client's in CLOSING: TIME_WAIT was said to be ours alone.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

TEST_CASE("from CLOSING both sides hold TIME_WAIT, though the client's FIN was the first to leave") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin_queued()
                                             .eof()
                                             .sample(SampleMoment::at_eof, TcpState::closing, 1001)
                                             .closed()
                                             .own(TcpState::time_wait)
                                             .remote()
                                             .evidence());
  CHECK(verdict.closed_first == Side::client);
  CHECK(verdict.closed_first_source == Source::tcp_info);
  CHECK(verdict.time_wait == TimeWait::both);
  CHECK(verdict.time_wait_source == Source::inferred);
}

}  // namespace
}  // namespace closelab::net
