#include "server/lab/admin/barrier.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using Until = Barrier::Until;

ConnectionRecord record(std::uint64_t id, Phase phase, std::uint64_t requests = 1) {
  ConnectionRecord r;
  r.id = id;
  r.phase = phase;
  r.request_count = requests;
  return r;
}

/// Its client has sent its FIN.
ConnectionRecord left(std::uint64_t id, Phase phase) {
  ConnectionRecord r = record(id, phase);
  r.evidence = {{.fact = fact::ReceivedFin{}}};
  return r;
}

TEST_CASE("which connections meet a barrier") {
  struct Case {
    Barrier barrier;
    ConnectionRecord record;
    Reached reached;
  };
  const Case cases[] = {
      {{.until = Until::accepted}, record(1, Phase::idle, 0), Reached::yes},
      {{.until = Until::accepted}, record(1, Phase::settled), Reached::yes},
      {{.until = Until::accepted, .after = 1}, record(1, Phase::idle, 0), Reached::no},
      {{.until = Until::accepted, .after = 1}, record(2, Phase::idle, 0), Reached::yes},
      {{.until = Until::accepted, .requests = 1}, record(2, Phase::idle, 0), Reached::no},
      {{.until = Until::idle}, record(1, Phase::idle, 0), Reached::no},
      {{.until = Until::idle}, record(1, Phase::idle, 1), Reached::yes},
      {{.until = Until::idle}, record(1, Phase::active), Reached::no},
      {{.until = Until::idle}, record(1, Phase::closing), Reached::no},
      {{.until = Until::idle}, record(1, Phase::settled), Reached::no},
      {{.until = Until::idle, .requests = 3}, record(1, Phase::idle, 2), Reached::no},
      {{.until = Until::idle, .requests = 3}, record(1, Phase::idle, 3), Reached::yes},
      {{.until = Until::peer_closed}, record(1, Phase::active), Reached::no},
      {{.until = Until::peer_closed}, left(1, Phase::active), Reached::yes},
      {{.until = Until::peer_closed}, left(1, Phase::settled), Reached::yes},
      {{.until = Until::peer_closed, .connection = 1}, record(1, Phase::closing), Reached::no},
      {{.until = Until::peer_closed, .connection = 1}, record(1, Phase::settled), Reached::never},
      {{.until = Until::closed}, record(1, Phase::closing), Reached::no},
      {{.until = Until::closed}, record(1, Phase::settled, 0), Reached::yes},
      {{.until = Until::closed, .requests = 1}, record(1, Phase::settled, 0), Reached::no},
      {{.until = Until::closed, .connection = 2}, record(1, Phase::settled), Reached::no},
      {{.until = Until::closed, .connection = 2}, record(2, Phase::settled), Reached::yes},
      {{.until = Until::closed, .connection = 2, .requests = 2}, record(2, Phase::settled, 1), Reached::never},
      {{.until = Until::idle, .connection = 2}, record(2, Phase::active), Reached::no},
      {{.until = Until::idle, .connection = 2}, record(2, Phase::closing), Reached::never},
      {{.until = Until::idle, .connection = 2}, record(2, Phase::settled), Reached::never},
      {{.until = Until::idle, .connection = 2}, record(1, Phase::settled), Reached::no},
  };
  for (const Case& c : cases) {
    CAPTURE(describe(c.barrier));
    CAPTURE(to_string(c.record.phase));
    CHECK(reached(c.barrier, c.record) == c.reached);
  }
}

TEST_CASE("a barrier says what is waited for") {
  CHECK(describe({.until = Until::closed}) == "a connection to be closed");
  CHECK(describe({.until = Until::idle, .after = 3, .requests = 2}) ==
        "a connection after 3 to be idle, with at least 2 requests");
  CHECK(describe({.until = Until::accepted, .connection = 7, .requests = 1}) ==
        "connection 7 to be accepted, with at least 1 request");
  CHECK(describe({.until = Until::peer_closed, .connection = 7}) == "connection 7 to be closed by its client");
  for (const Until until : {Until::accepted, Until::idle, Until::peer_closed, Until::closed})
    CHECK(parse_until(to_string(until)) == until);
  CHECK_FALSE(parse_until("settled"));
}

TEST_CASE("those that wait are taken once: by their ticket, by a connection, or when they are late") {
  Waiters waiters;
  const auto now = Waiters::Clock::now();
  CHECK(waiters.next_deadline() == Waiters::Clock::time_point::max());
  const auto first = waiters.add({.until = Until::closed}, now + 2s, {}, [] { return true; });
  const auto second = waiters.add({.until = Until::idle}, now + 1s, {}, [] { return true; });
  const auto third = waiters.add({.until = Until::closed}, now + 3s, {}, [] { return true; });
  CHECK(waiters.next_deadline() == now + 1s);

  const auto closed = waiters.take_reached(record(1, Phase::settled));
  REQUIRE(closed.size() == 2);
  CHECK(closed[0].ticket == first);
  CHECK(closed[1].ticket == third);
  CHECK_FALSE(waiters.take(first));

  CHECK(waiters.take_late(now).empty());
  const auto late = waiters.take_late(now + 1s);
  REQUIRE(late.size() == 1);
  CHECK(late[0].ticket == second);
  CHECK(waiters.size() == 0);

  const auto fourth = waiters.add({}, now, {}, [] { return true; });
  CHECK(waiters.take(fourth)->ticket == fourth);
  waiters.add({}, now, {}, [] { return true; });
  CHECK(waiters.take_all().size() == 1);
  CHECK(waiters.size() == 0);
}

}  // namespace
}  // namespace closelab::lab
