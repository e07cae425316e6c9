// A client that never closes (a pool that leaks): when the kernel gave our FIN_WAIT_2 up the verdict told of an RST
// that nobody had sent, while the same record showed the client in CLOSE_WAIT.

#include <doctest/doctest.h>

#include <string>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

TEST_CASE("a client that has our FIN and has not closed is named, and no RST is") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin_left()
                                             .closed()
                                             .own(TcpState::fin_wait_2)
                                             .peer(TcpState::close_wait)
                                             .own(TcpState::closed)
                                             .peer(TcpState::close_wait)
                                             .evidence());
  CHECK(verdict.closed_first == Side::server);
  CHECK(verdict.reset_by == ResetBy::none);
  CHECK(verdict.time_wait == TimeWait::none);
  CHECK(verdict.client_left_in == TcpState::close_wait);
  CHECK(verdict.bytes_at_risk == 0U);
  CHECK(describe(verdict) ==
        "the server closed first, by FIN; the client has not closed: its end is in CLOSE_WAIT, and the kernel gave our "
        "FIN_WAIT_2 up; TIME_WAIT: none");
}

TEST_CASE("a client in TIME_WAIT has closed: it has not been left anywhere") {
  const Verdict verdict =
      derive_verdict(Story().eof().closed().own(TcpState::closed).peer(TcpState::time_wait).evidence());
  CHECK(verdict.client_left_in == TcpState::unknown);
}

}  // namespace
}  // namespace closelab::net
