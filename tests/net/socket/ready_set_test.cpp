#include "net/socket/ready_set.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace closelab::net {
namespace {

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> fds{};
    REQUIRE(::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC) == 0);
    out = UniqueFd(fds[0]);
    in = UniqueFd(fds[1]);
  }
  void fill() const { REQUIRE(::write(in.get(), "x", 1) == 1); }
  void drain() const {
    char byte = 0;
    REQUIRE(::read(out.get(), &byte, 1) == 1);
  }

  UniqueFd out;
  UniqueFd in;
};

struct Counter : ReadySet::Member {
  void ready(std::uint32_t events) override {
    calls.push_back(events);
    if (then) then();
  }
  std::vector<std::uint32_t> calls;
  std::function<void()> then;
};

struct Fixture {
  /// Everything that has happened.
  void poll() { set.wait({}); }

  ReadySet set;
  Pipe pipe;
  Counter member;
};

TEST_CASE("an edge is told once, a level as long as it lasts") {
  Fixture f;
  REQUIRE(f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member) != 0);
  f.poll();
  CHECK(f.member.calls.empty());
  f.pipe.fill();
  f.poll();
  f.poll();
  CHECK(f.member.calls == std::vector<std::uint32_t>{EPOLLIN});
  f.pipe.fill();
  f.poll();
  CHECK(f.member.calls.size() == 2);

  Pipe other;
  Counter level;
  level.then = [&] {
    if (level.calls.size() == 3) other.drain();
  };
  other.fill();
  REQUIRE(f.set.add(other.out.get(), EPOLLIN, ReadySet::Trigger::level, level) != 0);
  for (int i = 0; i < 5; ++i) f.poll();
  CHECK(level.calls.size() == 3);
}

TEST_CASE("who has been removed is not called, nor whoever gets the place after it") {
  Fixture f;
  const ReadySet::Key first = f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member);
  f.set.remove(first);
  f.set.remove(first);
  Pipe other;
  Counter second;
  const ReadySet::Key key = f.set.add(other.out.get(), EPOLLIN, ReadySet::Trigger::edge, second);
  CHECK(key != first);
  // The first descriptor is still in the kernel's set, as when a child process has it too.
  f.pipe.fill();
  f.poll();
  CHECK(f.member.calls.empty());
  CHECK(second.calls.empty());
  other.fill();
  f.poll();
  CHECK(second.calls.size() == 1);
}

TEST_CASE("a member may remove another that is about to be called") {
  Fixture f;
  Pipe other;
  Counter second;
  const ReadySet::Key first = f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member);
  const ReadySet::Key key = f.set.add(other.out.get(), EPOLLIN, ReadySet::Trigger::edge, second);
  f.member.then = [&] { f.set.remove(key); };
  second.then = [&] { f.set.remove(first); };
  f.pipe.fill();
  other.fill();
  f.poll();
  CHECK(f.member.calls.size() + second.calls.size() == 1);
}

TEST_CASE("call_soon calls without an event, in and outside of a call") {
  Fixture f;
  const ReadySet::Key key = f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member);
  f.member.then = [&] {
    if (f.member.calls.size() < 20) f.set.call_soon(key);
  };
  f.set.call_soon(key);
  CHECK(f.member.calls.empty());
  for (int i = 0; i < 30; ++i) f.poll();
  CHECK(f.member.calls == std::vector<std::uint32_t>(20, 0));
  f.set.remove(key);
  f.set.call_soon(key);
  f.poll();
  CHECK(f.member.calls.size() == 20);
}

TEST_CASE("what can't be waited for is refused with an errno, and nothing is left behind") {
  Fixture f;
  CHECK(f.set.add(-1, EPOLLIN, ReadySet::Trigger::edge, f.member) == 0);
  CHECK(errno == EBADF);
  CHECK(f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member) != 0);
}

TEST_CASE("who is to be called soon keeps the set from waiting") {
  Fixture f;
  const ReadySet::Key key = f.set.add(f.pipe.out.get(), EPOLLIN, ReadySet::Trigger::edge, f.member);
  f.set.call_soon(key);
  CHECK(f.set.wait(ReadySet::Clock::time_point::max()) == ReadySet::Wakeup::ready);
  CHECK(f.member.calls.size() == 1);
}

TEST_CASE("the wait ends when its time is over, and not before") {
  Fixture f;
  const auto until = ReadySet::Clock::now() + std::chrono::microseconds(2500);
  CHECK(f.set.wait(until) == ReadySet::Wakeup::ready);
  CHECK(ReadySet::Clock::now() >= until);
  CHECK(f.set.wait(until) == ReadySet::Wakeup::due);
}

TEST_CASE("waking up ends one wait, whether it has begun or not") {
  Fixture f;
  f.set.wake_up();
  f.set.wake_up();
  CHECK(f.set.wait(ReadySet::Clock::time_point::max()) == ReadySet::Wakeup::called);
  CHECK(f.set.wait({}) == ReadySet::Wakeup::due);
  f.set.wake_up();
  CHECK(f.set.wait(ReadySet::Clock::time_point::max()) == ReadySet::Wakeup::called);
}

TEST_CASE("a wakeup that comes with a time that is over is not lost, nor is the next") {
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    f.set.wake_up();
    CHECK(f.set.wait({}) == ReadySet::Wakeup::called);
  }
}

TEST_CASE("a wakeup of another thread is never lost") {
  Fixture f;
  constexpr int rounds = 20'000;
  std::atomic<int> given{0};
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      ++given;
      f.set.wake_up();
    }
  });
  // What was given before the last wakeup is seen after it: otherwise this waits for ever.
  for (int seen = 0; seen < rounds;) {
    CHECK(f.set.wait(ReadySet::Clock::now() + std::chrono::seconds(20)) == ReadySet::Wakeup::called);
    const int now = given.load();
    REQUIRE(now >= seen);
    seen = now;
  }
  other.join();
}

}  // namespace
}  // namespace closelab::net
