// The queue of connections that wait for a lookup grew without end while the observer's thread was busy: only the
// lookup was skipped past the limit, the connection waited all the same.

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/kernel/observer.h"
#include "net/socket/socket_address.h"

namespace closelab::net {
namespace {

TEST_CASE("past its limit the observer's queue takes no more: the next is settled at once, by who brings it") {
  std::mutex mutex;
  std::condition_variable changed;
  bool busy = false;
  bool released = false;
  std::size_t settled_here = 0;
  const std::thread::id here = std::this_thread::get_id();
  Observer observer(Switch::on, [&](const EndedConnection& connection, const Verdict&, Progress) {
    if (std::this_thread::get_id() == here) {
      CHECK(find<fact::NotObserved>(connection.evidence) != nullptr);
      ++settled_here;
      return;
    }
    std::unique_lock lock(mutex);
    busy = true;
    changed.notify_all();
    changed.wait(lock, [&] { return released; });
  });
  EndedConnection gone;
  gone.id = 1;
  gone.tuple = {*parse_address("127.0.0.1", 1), *parse_address("127.0.0.1", 2)};
  observer.follow(gone);
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return busy; });
  }
  for (std::size_t i = 0; i < 65536; ++i) observer.follow(gone);
  CHECK(settled_here == 0);
  for (std::size_t i = 0; i < 3; ++i) observer.follow(gone);
  CHECK(settled_here == 3);
  {
    const std::lock_guard lock(mutex);
    released = true;
  }
  changed.notify_all();
}

}  // namespace
}  // namespace closelab::net
