#include "server/connection/deadlines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace closelab::server {
namespace {

using namespace std::chrono_literals;
using Clock = Deadlines::Clock;

/// Deadlines whose owners are no connections, only told apart by their addresses. Each expiry is written down as the
/// owner's letter; the loop runs until nothing is left to wait for.
class Fixture {
 public:
  Fixture() {
    for (std::size_t i = 0; i < hooks_.size(); ++i) hooks_[i].owner = reinterpret_cast<Connection*>(&hooks_[i]);
  }

  DeadlineHook& operator[](char letter) { return hooks_[static_cast<std::size_t>(letter - 'a')]; }
  void set(char letter, DeadlineKind kind, std::chrono::milliseconds from_start) {
    deadlines.set((*this)[letter], kind, start + from_start);
  }
  std::string run() {
    io.run();
    return expired;
  }

  asio::io_context io{1};
  const Clock::time_point start = Clock::now();
  std::string expired;
  std::vector<DeadlineKind> kinds;
  std::vector<Clock::duration> lateness;
  Deadlines deadlines{io, [this](Connection& owner, DeadlineKind kind) { note(owner, kind); }};

 private:
  void note(Connection& owner, DeadlineKind kind) {
    auto* hook = reinterpret_cast<DeadlineHook*>(&owner);
    expired += static_cast<char>('a' + (hook - hooks_.data()));
    kinds.push_back(kind);
    lateness.push_back(Clock::now() - hook->when);
    CHECK_FALSE(hook->is_set());
  }

  std::array<DeadlineHook, 8> hooks_{};
};

TEST_CASE("deadlines expire in the order of their times, whatever the order in which they were set") {
  Fixture f;
  f.set('b', DeadlineKind::idle, 10ms);
  f.set('d', DeadlineKind::idle, 20ms);
  f.set('a', DeadlineKind::idle, 5ms);
  f.set('c', DeadlineKind::idle, 15ms);
  f.set('e', DeadlineKind::idle, 20ms);
  CHECK(f.run() == "abcde");
  for (const auto lateness : f.lateness) CHECK(lateness >= 0ms);
}

TEST_CASE("kinds don't disturb one another and say what expired") {
  Fixture f;
  f.set('a', DeadlineKind::teardown, 9ms);
  f.set('b', DeadlineKind::idle, 3ms);
  f.set('c', DeadlineKind::write, 6ms);
  CHECK(f.run() == "bca");
  CHECK(f.kinds == std::vector{DeadlineKind::idle, DeadlineKind::write, DeadlineKind::teardown});
}

TEST_CASE("setting a hook again moves its one deadline") {
  SUBCASE("later") {
    Fixture f;
    f.set('a', DeadlineKind::idle, 2ms);
    f.set('b', DeadlineKind::idle, 8ms);
    f.set('a', DeadlineKind::idle, 15ms);
    CHECK(f.run() == "ba");
  }
  SUBCASE("earlier than the timer was armed for") {
    Fixture f;
    f.set('a', DeadlineKind::idle, 10min);
    f.set('a', DeadlineKind::idle, 2ms);
    CHECK(f.run() == "a");
  }
  SUBCASE("to another kind") {
    Fixture f;
    f.set('a', DeadlineKind::idle, 2ms);
    f.set('a', DeadlineKind::body, 4ms);
    CHECK(f.run() == "a");
    CHECK(f.kinds == std::vector{DeadlineKind::body});
  }
}

TEST_CASE("a cleared deadline does not expire, and clearing twice is nothing") {
  Fixture f;
  for (const char letter : {'a', 'b', 'c'}) f.set(letter, DeadlineKind::idle, 2ms);
  f.deadlines.clear(f['b']);
  f.deadlines.clear(f['b']);
  CHECK_FALSE(f['b'].is_set());
  CHECK(f['a'].is_set());
  CHECK(f.run() == "ac");
}

TEST_CASE("a deadline in the past expires at once, not within set()") {
  Fixture f;
  f.set('a', DeadlineKind::idle, -1h);
  CHECK(f.expired.empty());
  CHECK(f.run() == "a");
}

TEST_CASE("an expiry may set and clear deadlines, its own too") {
  asio::io_context io{1};
  std::array<DeadlineHook, 3> hooks{};
  Deadlines* deadlines = nullptr;
  int expiries = 0;
  Deadlines under_test(io, [&](Connection&, DeadlineKind) {
    deadlines->clear(hooks[1]);
    if (++expiries < 3) deadlines->set(hooks[0], DeadlineKind::delay, Clock::now() + 1ms);
  });
  deadlines = &under_test;
  for (DeadlineHook& hook : hooks) hook.owner = reinterpret_cast<Connection*>(&hook);
  under_test.set(hooks[0], DeadlineKind::idle, Clock::now() + 1ms);
  under_test.set(hooks[1], DeadlineKind::idle, Clock::now() + 2ms);
  io.run();
  CHECK(expiries == 3);
}

TEST_CASE("a stopped timer lets the loop end though deadlines are set") {
  Fixture f;
  f.set('a', DeadlineKind::idle, 10min);
  f.deadlines.stop();
  CHECK(f.run() == "");
}

TEST_CASE("deadlines of a thousand lengths, set, moved and cleared, expire in order") {
  asio::io_context io{1};
  std::vector<DeadlineHook> hooks(1000);
  std::vector<Clock::time_point> expired;
  std::size_t left = 0;
  Deadlines deadlines(
      io, [&](Connection& owner, DeadlineKind) { expired.push_back(reinterpret_cast<DeadlineHook*>(&owner)->when); });
  const auto start = Clock::now();
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    hooks[i].owner = reinterpret_cast<Connection*>(&hooks[i]);
    deadlines.set(hooks[i], DeadlineKind::idle, start + std::chrono::microseconds(i * 7919 % 10'000));
  }
  for (std::size_t i = 0; i < hooks.size(); i += 3) {
    deadlines.set(hooks[i], DeadlineKind::delay, start + std::chrono::microseconds(i * 31 % 10'000));
  }
  for (std::size_t i = 0; i < hooks.size(); i += 5) deadlines.clear(hooks[i]);
  for (const DeadlineHook& hook : hooks) left += hook.is_set() ? 1 : 0;
  io.run();
  CHECK(expired.size() == left);
  CHECK(std::ranges::is_sorted(expired));
}

TEST_CASE("one sweep per moment: 10,000 deadlines that are due together") {
  asio::io_context io{1};
  std::vector<DeadlineHook> hooks(10'000);
  std::size_t expiries = 0;
  Deadlines deadlines(io, [&](Connection&, DeadlineKind) { ++expiries; });
  const auto when = Clock::now() + 5ms;
  for (DeadlineHook& hook : hooks) {
    hook.owner = reinterpret_cast<Connection*>(&hook);
    deadlines.set(hook, DeadlineKind::idle, when);
  }
  CHECK(io.run() <= 2);
  CHECK(expiries == hooks.size());
}

}  // namespace
}  // namespace closelab::server
