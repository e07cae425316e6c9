// A client's RST that came between the last look and close() left close() without one; with bytes unread it was said
// that our side had sent an RST. From the last look on what the client sends is dropped, so that ours is sent.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net::test {
namespace {

TEST_CASE("nothing can come between the look at unread bytes and close()") {
  for (const Path& path : paths()) {
    Rig rig(mode(CloseMode::delayed), path);
    rig.flushed();
    rig.client.send("late");
    await_bytes(rig.fd(), 4);
    rig.teardown.time_exceeded();
    const Report report = rig.settled();
    check(report, Side::server, ClosedBy::fin, ResetBy::server, TimeWait::none);
    const std::vector<Evidence>& evidence = report.connection.evidence;
    const auto stopped = std::ranges::find_if(evidence, &Evidence::is<fact::StoppedReceiving>);
    const auto closed = std::ranges::find_if(evidence, &Evidence::is<fact::Closed>);
    CHECK(stopped < closed);
    CHECK(find<fact::Closed>(report.connection)->unread == 4);
  }
}

TEST_CASE("where nothing is unread, close() needs no such care") {
  Rig rig(mode(CloseMode::immediate));
  rig.flushed();
  rig.client.close();
  CHECK(find<fact::StoppedReceiving>(rig.settled().connection) == nullptr);
}

}  // namespace
}  // namespace closelab::net::test
