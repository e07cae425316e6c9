// The commonest end of all, with a remote client that closes when it sees our FIN, was undetermined: the segments were
// counted from a sample after shutdown(), by when the client's FIN was often there. A short round trip was taken as a
// proof, which it is not.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using namespace std::chrono_literals;
using M = SampleMoment;
using S = TcpState;

Story at_eof_after(TcpState after_fin, std::uint32_t segments) {
  return Story().before_fin(S::established).fin().sample(M::after_fin, after_fin, 0, segments).eof();
}

TEST_CASE("one segment since before our FIN, and both FINs accounted for: the server was first") {
  for (const TcpState after_fin : {S::fin_wait_1, S::closed}) {
    const Verdict verdict = derive_verdict(
        at_eof_after(after_fin, 6).sample(M::at_eof, S::closed, 0, 6).closed().own(S::time_wait).remote().evidence());
    CHECK(verdict.closed_first == Side::server);
    CHECK(verdict.closed_first_source == Source::tcp_info);
    CHECK(verdict.time_wait == TimeWait::server);
    CHECK(verdict.time_wait_source == Source::sock_diag);
  }
}

TEST_CASE("two segments are an ACK and a FIN, or FINs that crossed: undetermined unless FIN_WAIT_2 was seen") {
  const Verdict verdict = derive_verdict(
      at_eof_after(S::closed, 7).sample(M::at_eof, S::closed, 0, 7).closed().own(S::time_wait).remote().evidence());
  CHECK(verdict.closed_first == Side::undetermined);
  CHECK(verdict.time_wait == TimeWait::unknown);
  CHECK(verdict.time_wait_source == Source::inferred);
}

TEST_CASE("many round trips without a FIN prove nothing") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin_left()
                                             .later(1s)
                                             .sample(M::before_close, S::fin_wait_1)
                                             .closed()
                                             .own(S::time_wait)
                                             .remote()
                                             .evidence());
  CHECK(verdict.closed_first == Side::undetermined);
}

}  // namespace
}  // namespace closelab::net
