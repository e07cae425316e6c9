// A remote client that sent a request and close()d at once was said to hold TIME_WAIT: what is still on its way to it
// draws an RST, which leaves none anywhere.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

Verdict closed_with(std::uint32_t unacked) {
  return derive_verdict(
      Story()
          .eof()
          .sample(SampleMoment::at_eof, TcpState::close_wait)
          .fact(fact::Sampled{.moment = SampleMoment::before_close, .state = TcpState::close_wait, .unacked = unacked},
                Source::tcp_info)
          .closed()
          .own(TcpState::closed)
          .remote()
          .evidence());
}

TEST_CASE("TIME_WAIT is inferred for a remote client only if it had acknowledged all that was sent to it") {
  const Verdict sent_more = closed_with(100);
  CHECK(sent_more.closed_first == Side::client);
  CHECK(sent_more.closed_first_source == Source::syscall);
  CHECK(sent_more.time_wait == TimeWait::unknown);
  CHECK(sent_more.bytes_at_risk == std::nullopt);
  const Verdict quiet = closed_with(0);
  CHECK(quiet.time_wait == TimeWait::client);
  CHECK(quiet.time_wait_source == Source::inferred);
  CHECK(quiet.bytes_at_risk == 0U);
}

}  // namespace
}  // namespace closelab::net
