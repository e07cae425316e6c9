// Since 2026 (5d39580f68e6) Linux lets nobody but CAP_NET_ADMIN filter a TCP socket. To an ordinary user every RST of
// the server's became one of which it is not known whether a FIN of the client's had come before.

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net {
namespace {

/// Of this thread.
void give_up_net_admin() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  REQUIRE(::syscall(SYS_capget, &header, data) == 0);
  data[0].effective &= ~(1U << CAP_NET_ADMIN);
  REQUIRE(::syscall(SYS_capset, &header, data) == 0);
}

TEST_CASE("an abort is known to be the first end without privilege, too") {
  std::thread ordinary([] {
    give_up_net_admin();
    for (const test::Path& path : test::paths()) {
      CAPTURE(path.listen);
      test::Rig rig(test::mode(CloseMode::abortive), path);
      rig.teardown.flushed();
      test::check(rig.settled(), Side::server, ClosedBy::rst, ResetBy::server, TimeWait::none);
    }
  });
  ordinary.join();
}

}  // namespace
}  // namespace closelab::net
