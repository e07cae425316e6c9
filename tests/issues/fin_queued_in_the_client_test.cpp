// A client that sent 80 kB, then its FIN, and was answered early: its FIN waited behind its data and acknowledged ours
// on the wire, but its end went through CLOSING, and both ends held TIME_WAIT. The verdict said "server".

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"
#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

TEST_CASE("a client whose FIN may have waited behind its data perhaps holds TIME_WAIT, too") {
  const Verdict verdict = derive_verdict(Story()
                                             .fin_left()
                                             .eof()
                                             .closed()
                                             .own(TcpState::time_wait, std::chrono::seconds(60))
                                             .remote()
                                             .fact(segment(Sender::server, "F.", 600, 200), Source::capture)
                                             .fact(segment(Sender::client, "F.", 80200, 601), Source::capture)
                                             .evidence());
  CHECK(verdict.closed_first == Side::server);
  CHECK(verdict.time_wait == TimeWait::unknown);
  CHECK(verdict.time_wait_unknown_because == UnknownBecause::client_is_remote);
  CHECK(describe(verdict).find("TIME_WAIT: server, perhaps client too") != std::string::npos);
}

}  // namespace
}  // namespace closelab::net
