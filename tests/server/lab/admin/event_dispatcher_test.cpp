#include "server/lab/admin/event_dispatcher.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

#include "server/connection/body_stream.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using Until = Barrier::Until;

constexpr std::chrono::seconds patience{10};

ConnectionRecord record(std::uint64_t id, Phase phase) {
  ConnectionRecord r;
  r.id = id;
  r.phase = phase;
  r.request_count = 1;
  return r;
}

/// An answer to a barrier, in words: `met 3`.
class Answer {
 public:
  BarrierAnswer take() {
    return [promise = promise_](Outcome outcome, const ConnectionRecord* found) {
      static constexpr const char* names[] = {"met", "never", "timed_out", "stopped"};
      promise->set_value(names[static_cast<int>(outcome)] + (found ? ' ' + std::to_string(found->id) : ""));
    };
  }
  bool is_there() { return future_.wait_for(0s) == std::future_status::ready; }
  std::string text() { return future_.wait_for(patience) == std::future_status::ready ? future_.get() : "nothing"; }

 private:
  std::shared_ptr<std::promise<std::string>> promise_ = std::make_shared<std::promise<std::string>>();
  std::future<std::string> future_ = promise_->get_future();
};

void no_connection(const EventDispatcher::Visit&) {}

/// A stream's text, read as the connection would, when a piece of text has come.
std::string read_until(const BodyStream& body, std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string all;
  while (all.find(text) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
    if (body.state()->take(all, 100'000) != BodyStream::State::Taken::bytes) std::this_thread::yield();
  }
  return all;
}

TEST_CASE("a barrier is answered when a connection meets it, whatever comes before") {
  EventDispatcher dispatcher;
  Answer answer;
  REQUIRE(dispatcher.await({.until = Until::closed, .after = 2}, patience, answer.take(), no_connection));
  dispatcher.report(EventType::settled, record(1, Phase::settled));
  dispatcher.report(EventType::closing, record(3, Phase::closing));
  CHECK_FALSE(answer.is_there());
  dispatcher.report(EventType::settled, record(3, Phase::settled));
  dispatcher.report(EventType::settled, record(4, Phase::settled));
  CHECK(answer.text() == "met 3");
}

TEST_CASE("a barrier that is met already is answered at once, by the first that meets it") {
  EventDispatcher dispatcher;
  Answer answer;
  const auto each = [](const EventDispatcher::Visit& visit) {
    for (std::uint64_t id = 1; id < 5; ++id) visit(record(id, id % 2 == 0 ? Phase::settled : Phase::idle));
  };
  REQUIRE(dispatcher.await({.until = Until::closed}, patience, answer.take(), each));
  CHECK(answer.is_there());
  CHECK(answer.text() == "met 2");
}

TEST_CASE("what is reported while a barrier is being set up is not missed, and answers once") {
  EventDispatcher dispatcher;
  Answer answer;
  const auto each = [&dispatcher](const EventDispatcher::Visit& visit) {
    dispatcher.report(EventType::settled, record(1, Phase::settled));
    visit(record(1, Phase::settled));
  };
  REQUIRE(dispatcher.await({.until = Until::closed}, patience, answer.take(), each));
  // A second answer would throw, for its promise has been kept.
  CHECK(answer.text() == "met 1");

  Answer missed_by_the_look;
  const auto nothing_yet = [&dispatcher](const EventDispatcher::Visit&) {
    dispatcher.report(EventType::settled, record(2, Phase::settled));
  };
  REQUIRE(dispatcher.await({.until = Until::closed}, patience, missed_by_the_look.take(), nothing_yet));
  CHECK(missed_by_the_look.text() == "met 2");
}

TEST_CASE("a barrier that its connection has gone past is answered never") {
  EventDispatcher dispatcher;
  Answer answer;
  REQUIRE(dispatcher.await({.until = Until::idle, .connection = 1}, patience, answer.take(), no_connection));
  dispatcher.report(EventType::closing, record(1, Phase::closing));
  CHECK(answer.text() == "never 1");
}

TEST_CASE("barriers time out, each in its time") {
  EventDispatcher dispatcher;
  Answer late;
  Answer early;
  REQUIRE(dispatcher.await({}, 40ms, late.take(), no_connection));
  REQUIRE(dispatcher.await({}, 1ms, early.take(), no_connection));
  CHECK(early.text() == "timed_out");
  CHECK(late.text() == "timed_out");
}

TEST_CASE("progress meets barriers, too") {
  EventDispatcher dispatcher;
  Answer answer;
  REQUIRE(dispatcher.await({.until = Until::peer_closed}, patience, answer.take(), no_connection));
  dispatcher.progressed(record(1, Phase::closing));
  CHECK_FALSE(answer.is_there());
  ConnectionRecord left = record(2, Phase::active);
  left.evidence = {{.fact = fact::ReceivedFin{}}};
  dispatcher.progressed(left);
  CHECK(answer.text() == "met 2");
}

/// What became of a probe: `met`, or in which way it was in vain.
class Watch {
 public:
  bool begin(EventDispatcher& dispatcher, std::chrono::milliseconds timeout, const std::atomic<bool>& has_come) {
    const auto probe = [&has_come, promise = promise_] {
      if (has_come) promise->set_value("met");
      return has_come.load();
    };
    const auto otherwise = [promise = promise_](Outcome outcome) {
      promise->set_value(outcome == Outcome::timed_out ? "timed_out" : "stopped");
    };
    return dispatcher.watch(probe, timeout, otherwise);
  }
  std::string text() { return future_.wait_for(patience) == std::future_status::ready ? future_.get() : "nothing"; }

 private:
  std::shared_ptr<std::promise<std::string>> promise_ = std::make_shared<std::promise<std::string>>();
  std::future<std::string> future_ = promise_->get_future();
};

TEST_CASE("a probe is called until it has found what it looks for, or its time is over") {
  EventDispatcher dispatcher;
  std::atomic<bool> has_come = false;
  const std::atomic<bool> never_comes = false;
  Watch met;
  Watch late;
  Watch stopped;
  REQUIRE(met.begin(dispatcher, patience, has_come));
  REQUIRE(late.begin(dispatcher, 1ms, never_comes));
  REQUIRE(stopped.begin(dispatcher, patience, never_comes));
  CHECK(late.text() == "timed_out");
  has_come = true;
  CHECK(met.text() == "met");
  dispatcher.stop();
  CHECK(stopped.text() == "stopped");
  CHECK_FALSE(Watch().begin(dispatcher, patience, has_come));
}

TEST_CASE("so many may wait or read, and no more") {
  EventDispatcher dispatcher({.waiters = 2, .streams = 1});
  Answer first;
  Answer second;
  Answer third;
  REQUIRE(dispatcher.await({}, patience, first.take(), no_connection));
  REQUIRE(dispatcher.await({}, patience, second.take(), no_connection));
  CHECK_FALSE(dispatcher.await({}, patience, third.take(), no_connection));

  const BodyStream body;
  CHECK(dispatcher.subscribe({.body = body}));
  CHECK_FALSE(dispatcher.subscribe({.body = BodyStream()}));
}

TEST_CASE("stopping answers all that wait, ends all streams, and lets nobody in") {
  EventDispatcher dispatcher;
  Answer answer;
  const BodyStream body;
  REQUIRE(dispatcher.await({}, patience, answer.take(), no_connection));
  REQUIRE(dispatcher.subscribe({.body = body}));
  dispatcher.stop();
  CHECK(answer.text() == "stopped");
  CHECK_FALSE(body.is_open());
  CHECK_FALSE(dispatcher.subscribe({.body = BodyStream()}));
  CHECK_FALSE(dispatcher.await({}, patience, Answer().take(), no_connection));
  dispatcher.report(EventType::settled, record(1, Phase::settled));
}

TEST_CASE("events are numbered in the order in which they happen, and written to those who want them") {
  EventDispatcher dispatcher;
  const BodyStream body;
  REQUIRE(dispatcher.subscribe({.body = body, .types = event_bit(EventType::settled)}));
  dispatcher.report(EventType::closing, record(1, Phase::closing));
  dispatcher.report(EventType::settled, record(1, Phase::settled));
  dispatcher.report(EventType::settled, record(2, Phase::settled));
  const std::string text = read_until(body, "\"id\":2");
  CHECK(text.starts_with("event: settled\nid: 2\ndata: "));
  CHECK(text.find("event: settled\nid: 3\n") != std::string::npos);
}

TEST_CASE("events that nobody formats in time are counted as dropped") {
  EventDispatcher dispatcher({.events = 0});
  const BodyStream body;
  REQUIRE(dispatcher.subscribe({.body = body}));
  for (int i = 0; i < 3; ++i) dispatcher.report(EventType::idle, record(1, Phase::idle));
  // Told together or one by one, as the dispatcher's thread comes to it.
  int dropped = 0;
  while (dropped < 3) {
    const std::string text = read_until(body, "}\n\n");
    REQUIRE(text.find("{\"events\":") != std::string::npos);
    for (std::size_t at = 0; (at = text.find("{\"events\":", at)) != std::string::npos; ++at)
      dropped += text[at + 10] - '0';
  }
  CHECK(dropped == 3);
}

TEST_CASE("a stream has a heartbeat") {
  EventDispatcher dispatcher({.heartbeat = 1ms});
  const BodyStream body;
  REQUIRE(dispatcher.subscribe({.body = body}));
  CHECK(read_until(body, ": still here\n\n: still here").starts_with(": still here\n\n"));
}

}  // namespace
}  // namespace closelab::lab
