// A client's RST that met our socket while the kernel replaced it (1 in 10^6 endings), or a client that vanished, left
// our end in FIN_WAIT_2: its record stayed open for a minute, though nobody was there any more.

#include <doctest/doctest.h>

#include "net/kernel/look.h"
#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using S = TcpState;

TEST_CASE("our end in FIN_WAIT_2 without the client's settles, and nobody holds TIME_WAIT") {
  CHECK(judge_states(S::fin_wait_2, S::closed, 4) == Progress::settled);
  const Verdict verdict = derive_verdict(
      Story().fin_left().closed().own(S::fin_wait_1).peer(S::close_wait).own(S::fin_wait_2).peer(S::closed).evidence());
  CHECK(verdict.closed_first == Side::server);
  CHECK(verdict.closed_by == ClosedBy::fin);
  CHECK(verdict.time_wait == TimeWait::none);
  CHECK(verdict.time_wait_source == Source::sock_diag);
  CHECK(verdict.server_left_in == S::fin_wait_2);
  CHECK(verdict.reset_by == ResetBy::undetermined);
  CHECK(verdict.time_wait_unknown_because == UnknownBecause::none);
}

}  // namespace
}  // namespace closelab::net
