// A client's end is looked up before ours. Data that drew our kernel's RST just between the two took both away: the
// client was said to have been left in CLOSE_WAIT.

#include <doctest/doctest.h>

#include "net/kernel/look.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using S = TcpState;

TEST_CASE("an end of the client's that was found before ours had gone is looked up once more") {
  const auto evidence = Story().fin().closed().evidence();
  CHECK(is_doubtful({.own = S::closed, .peer = S::close_wait, .count = 2, .own_before = S::fin_wait_2}, evidence));
  CHECK(is_doubtful({.own = S::closed, .peer = S::established, .count = 2, .own_before = S::fin_wait_2}, evidence));
  CHECK(!is_doubtful({.own = S::closed, .peer = S::time_wait, .count = 2, .own_before = S::fin_wait_2}, evidence));
  CHECK(!is_doubtful({.own = S::fin_wait_2, .peer = S::close_wait, .count = 1}, evidence));
  CHECK(!is_doubtful({.own = S::closed, .peer = S::unknown, .count = 2, .own_before = S::fin_wait_2}, evidence));
}

}  // namespace
}  // namespace closelab::net
