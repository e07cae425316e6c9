// The modes that take their time: delayed, half, deferred, never; and immediate, which waits for a look.

#include <array>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net::test {
namespace {

using enum CloseMode;

constexpr auto fin = ClosedBy::fin;

/// Drops what has come, once there is something; returns how much.
std::size_t drain_some(Rig& rig) {
  std::array<char, 4096> scratch{};
  await(rig.fd(), POLLIN);
  return rig.teardown.drain(scratch).size();
}

void check_time_left(const Rig& rig, std::chrono::milliseconds bound) {
  const auto left = rig.teardown.time_left();
  REQUIRE(left.has_value());
  CHECK(*left <= bound);
  CHECK(*left > bound - 1s);
}

TEST_CASE("delayed: FIN, and close() after the pause") {
  for (const bool client_closes_first : {true, false}) {
    CAPTURE(client_closes_first);
    Rig rig({.mode = delayed, .times = {.delayed_time = 7s}});
    rig.respond("bye");
    rig.flushed();
    CHECK(rig.teardown.phase() == TeardownPhase::paused);
    CHECK_FALSE(rig.teardown.wants_input());
    check_time_left(rig, 7s);
    CHECK(rig.client.receive_to_end().error == 0);
    if (client_closes_first) rig.client.close();
    rig.teardown.time_exceeded();
    CHECK(rig.teardown.phase() == TeardownPhase::closed);
    rig.hand_over();
    if (!client_closes_first) rig.client.close();
    check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
  }
}

TEST_CASE("delayed: what comes in the pause stays unread, and makes close() an RST") {
  Rig rig(mode(delayed));
  rig.flushed();
  rig.client.send("late");
  await_bytes(rig.fd(), 4);
  rig.teardown.time_exceeded();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::server, TimeWait::none);
  CHECK(find<fact::Closed>(report.connection)->unread == 4);
  CHECK(find<fact::DrainTimeExceeded>(report.connection) == nullptr);
}

TEST_CASE("delayed: an RST that came in the pause is seen after it") {
  Rig rig(mode(delayed));
  rig.flushed();
  rig.client.reset();
  rig.teardown.time_exceeded();
  check(rig.settled(), Side::server, fin, ResetBy::client, TimeWait::none);
}

TEST_CASE("half: reads on for as long, and as much, as the client likes") {
  Rig rig({.mode = half, .bounds = {.time = 1ms, .bytes = 10}, .times = {.half_time = 9s}});
  rig.flushed();
  CHECK(rig.teardown.phase() == TeardownPhase::draining);
  check_time_left(rig, 9s);
  rig.client.send(std::string(1000, 'x'));
  for (std::size_t dropped = 0; dropped < 1000;) dropped += drain_some(rig);
  CHECK(rig.teardown.phase() == TeardownPhase::draining);
  rig.client.close();
  rig.drain();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::Drained>(report.connection)->dropped == 1000);
}

TEST_CASE("half: its own bound") {
  Rig rig(mode(half));
  rig.flushed();
  rig.teardown.time_exceeded();
  CHECK(rig.teardown.phase() == TeardownPhase::closed);
  rig.hand_over();
  rig.client.close();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::DrainTimeExceeded>(report.connection) != nullptr);
}

TEST_CASE("deferred: the client that takes its turn holds TIME_WAIT") {
  for (const bool sends_more : {false, true}) {
    CAPTURE(sends_more);
    Rig rig({.mode = deferred, .times = {.deferred_time = 7s}});
    rig.respond("bye");
    rig.flushed();
    CHECK(rig.teardown.phase() == TeardownPhase::withheld);
    check_time_left(rig, 7s);
    CHECK(sample_socket(rig.fd(), SampleDepth::state).state == TcpState::established);
    if (sends_more) rig.client.send("more");
    rig.client.send_fin();
    while (rig.teardown.phase() == TeardownPhase::withheld) drain_some(rig);
    const Received received = rig.client.receive_to_end();
    CHECK(received.bytes == 3);
    CHECK(received.error == 0);
    const Report report = rig.settled();
    check(report, Side::client, fin, ResetBy::none, TimeWait::client);
    CHECK(find<fact::FinWithheld>(report.connection)->longest == 7s);
  }
}

TEST_CASE("deferred: a client that does not take its turn gets our FIN, and is lingered for") {
  Rig rig({.mode = deferred, .bounds = {.time = 8s, .bytes = 10}});
  rig.flushed();
  rig.teardown.time_exceeded();
  CHECK(rig.teardown.phase() == TeardownPhase::draining);
  check_time_left(rig, 8s);
  CHECK(rig.client.receive_to_end().error == 0);
  rig.client.send("0123456789");
  rig.client.close();
  rig.drain();
  check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
}

TEST_CASE("deferred: a client that sends more than it may loses its turn") {
  Rig rig({.mode = deferred, .bounds = {.bytes = 10}});
  rig.flushed();
  rig.client.send(std::string(100, 'x'));
  while (rig.teardown.phase() == TeardownPhase::withheld) drain_some(rig);
  CHECK(rig.teardown.phase() == TeardownPhase::draining);
  rig.drain();
  check(rig.settled(), Side::server, fin, ResetBy::server, TimeWait::none);
}

TEST_CASE("never: nothing is closed until the server stops") {
  Rig rig(mode(never));
  rig.flushed();
  CHECK(rig.teardown.phase() == TeardownPhase::withheld);
  CHECK_FALSE(rig.teardown.time_left().has_value());
  rig.client.send(std::string(1000, 'x'));
  rig.client.send_fin();
  while (rig.teardown.phase() == TeardownPhase::withheld) drain_some(rig);
  CHECK(rig.teardown.phase() == TeardownPhase::leaked);
  CHECK_FALSE(rig.teardown.wants_input());
  CHECK_FALSE(rig.teardown.time_left().has_value());
  CHECK(sample_socket(rig.fd(), SampleDepth::state).state == TcpState::close_wait);
  rig.teardown.stopped();
  CHECK(rig.client.receive_to_end().error == 0);
  check(rig.settled(), Side::client, fin, ResetBy::none, TimeWait::client);
}

TEST_CASE("never: the stop, with the client still there") {
  Rig rig(mode(never));
  rig.flushed();
  rig.teardown.stopped();
  CHECK(rig.teardown.phase() == TeardownPhase::closed);
  rig.hand_over();
  CHECK(rig.client.receive_to_end().error == 0);
  rig.client.close();
  check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
}

TEST_CASE("never: a client that vanishes, before and after its FIN") {
  for (const bool behind_fin : {false, true}) {
    CAPTURE(behind_fin);
    Rig rig(mode(never));
    rig.flushed();
    if (behind_fin) {
      rig.client.send_fin();
      drain_some(rig);
      CHECK(rig.teardown.phase() == TeardownPhase::leaked);
    }
    rig.client.reset();
    if (behind_fin) {
      rig.teardown.stopped();
    } else {
      drain_some(rig);
    }
    const Verdict verdict = rig.settled().verdict;
    CHECK(verdict.closed_first == Side::client);
    CHECK(verdict.closed_by == (behind_fin ? fin : ClosedBy::rst));
    CHECK(verdict.reset_by == ResetBy::client);
    CHECK(verdict.time_wait == TimeWait::none);
  }
}

TEST_CASE("immediate: what the client does before the look that others share is told") {
  const auto bye = [](Rig& rig) {
    rig.respond("bye", MoreToCome::yes);
    rig.teardown.flushed();
    REQUIRE(rig.teardown.awaits_look());
    CHECK(rig.client.receive_to_end().bytes == 3);
  };
  Rig closed(mode(immediate));
  bye(closed);
  closed.client.close();
  check(closed.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
  Rig reset(mode(immediate));
  bye(reset);
  reset.client.reset();
  check(reset.settled(), Side::server, fin, ResetBy::client, TimeWait::none);
  Rig late(mode(immediate));
  bye(late);
  late.client.send("late");
  await(late.fd(), POLLIN);
  check(late.settled(), Side::server, fin, ResetBy::server, TimeWait::none);
}

}  // namespace
}  // namespace closelab::net::test
