// A drain read until the client had nothing more, however much that was: in modes without a byte bound one client could
// keep the thread, and everybody's deadlines, to itself.

#include <doctest/doctest.h>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net::test {
namespace {

TEST_CASE("a drain reads no more at a time than it is given room for") {
  Rig rig({.mode = CloseMode::half});
  rig.client.send(std::string(10'000, 'x'));
  while (unread_bytes(rig.fd()) < 10'000) await(rig.fd(), POLLIN);
  rig.teardown.flushed();
  std::array<char, 4096> scratch{};
  CHECK(rig.teardown.drain(scratch).size() == 4096);
  CHECK(unread_bytes(rig.fd()) == 10'000 - 4096);
  rig.teardown.stopped();
  rig.settled();
}

}  // namespace
}  // namespace closelab::net::test
