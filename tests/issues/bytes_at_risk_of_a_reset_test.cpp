// What was lost was 0 when the client had reset, although 935,424 bytes were unacknowledged; it was a number although
// all had been acknowledged, or nobody knew.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using M = SampleMoment;
using S = TcpState;

fact::Sampled queue(SampleMoment moment, TcpState state, std::uint32_t unacked) {
  return {.moment = moment, .state = state, .unacked = unacked};
}

TEST_CASE("a reset of the client's costs what it had not acknowledged") {
  const Verdict verdict = derive_verdict(Story()
                                             .fact(fact::SendFailed{ECONNRESET})
                                             .fact(queue(M::at_error, S::closed, 935424), Source::tcp_info)
                                             .closed()
                                             .own(S::closed)
                                             .peer(S::closed)
                                             .evidence());
  CHECK(verdict.bytes_at_risk == 935424U);
}

TEST_CASE("nothing is at risk once our FIN was acknowledged") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin()
                                             .fact(queue(M::after_fin, S::fin_wait_1, 197), Source::tcp_info)
                                             .closed()
                                             .own(S::fin_wait_2)
                                             .peer(S::established)
                                             .own(S::closed)
                                             .peer(S::closed)
                                             .evidence());
  CHECK(verdict.bytes_at_risk == 0U);
}

TEST_CASE("what nobody has seen is unknown") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin()
                                             .fact(queue(M::after_fin, S::fin_wait_1, 28541), Source::tcp_info)
                                             .closed()
                                             .own(S::fin_wait_1)
                                             .remote()
                                             .own(S::closed)
                                             .evidence());
  CHECK(verdict.bytes_at_risk == std::nullopt);
}

}  // namespace
}  // namespace closelab::net
