// A remote client's first FIN may be lost: ours, that it acknowledges meanwhile, then looks like the first. The verdict
// stated that as seen.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using namespace std::chrono_literals;
using M = SampleMoment;
using S = TcpState;

Verdict server_first(std::chrono::milliseconds since_data, std::uint32_t retransmits) {
  return derive_verdict(Story()
                            .fin_left()
                            .fact(fact::OwnSocket{S::fin_wait_2, {}}, Source::sock_diag)
                            .eof()
                            .fact(fact::Sampled{.moment = M::at_eof,
                                                .state = S::closed,
                                                .segments_in = 7,
                                                .retransmits = retransmits,
                                                .since_data = since_data},
                                  Source::tcp_info)
                            .closed()
                            .own(S::time_wait)
                            .remote()
                            .evidence());
}

TEST_CASE("that the server was first is inferred when an earlier FIN may have been lost") {
  CHECK(server_first(8ms, 0).closed_first_source == Source::sock_diag);
  CHECK(server_first(8ms, 0).time_wait_source == Source::sock_diag);
  for (const Verdict& verdict : {server_first(208ms, 0), server_first(8ms, 1)}) {
    CHECK(verdict.closed_first == Side::server);
    CHECK(verdict.closed_first_source == Source::inferred);
    CHECK(verdict.time_wait == TimeWait::server);
    CHECK(verdict.time_wait_source == Source::inferred);
  }
}

}  // namespace
}  // namespace closelab::net
