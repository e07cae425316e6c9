// With SO_LINGER{1,0} and a pause before close(), an RST of the client's in the pause was taken for one that came after
// a FIN of its: "both, the FINs crossed".

#include <doctest/doctest.h>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net::test {
namespace {

TEST_CASE("an RST in the pause is an RST alone") {
  TeardownOptions options = mode(CloseMode::delayed);
  options.linger = 0s;
  for (const Path& path : paths()) {
    for (int i = 0; i < 20; ++i) {
      Rig rig(options, path);
      rig.teardown.flushed();
      rig.client.reset();
      await(rig.fd(), POLLIN);
      rig.teardown.time_exceeded();
      check(rig.settled(), Side::server, ClosedBy::fin, ResetBy::client, TimeWait::none);
    }
  }
}

}  // namespace
}  // namespace closelab::net::test
