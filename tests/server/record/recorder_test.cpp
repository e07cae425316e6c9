#include "server/record/recorder.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

class Fixture {
 public:
  explicit Fixture(Options wanted = {}) : options(std::move(wanted)) {}

  std::uint64_t accept() {
    entries_.push_back(&recorder.accepted({}, {}));
    return entries_.back()->id();
  }
  void idle(std::uint64_t id) { recorder.idle(entry(id)); }
  void closing(std::uint64_t id, CloseReason reason, CloseMode mode) { recorder.closing(entry(id), reason, mode); }
  void settle(std::uint64_t id, net::Progress progress = net::Progress::settled) {
    net::EndedConnection ended;
    ended.id = id;
    ended.evidence.push_back({.fact = fact::Closed{}});
    recorder.observed(ended, Verdict{.closed_first = Side::client}, progress);
  }
  void answer(std::uint64_t id, std::uint64_t count) {
    std::vector<RequestRecord> requests(count);
    for (RequestRecord& request : requests) {
      request.number = ++numbers_[id];
      recorder.count_request(entry(id));
    }
    recorder.answered(entry(id), requests);
  }
  /// The id of the next settled connection; 0 for none.
  std::uint64_t next_closed() {
    const auto record = recorder.wait_closed(0ms);
    return record ? record->id : 0;
  }

  const Options options;
  Recorder recorder{options};

  Recorder::Entry& entry(std::uint64_t id) { return *entries_.at(id - 1); }

 private:
  std::vector<Recorder::Entry*> entries_;
  std::map<std::uint64_t, std::uint64_t> numbers_;
};

TEST_CASE("ids count from 1, and a record goes through its phases") {
  Fixture f;
  CHECK(f.accept() == 1);
  CHECK(f.accept() == 2);
  const auto phase = [&] { return f.recorder.find(2)->phase; };
  CHECK(phase() == Phase::idle);
  f.recorder.active(2);
  CHECK(phase() == Phase::active);
  f.idle(2);
  CHECK(phase() == Phase::idle);
  f.closing(2, CloseReason::request_limit, CloseMode::abortive);
  CHECK(phase() == Phase::closing);
  CHECK(f.recorder.find(2)->close_reason == CloseReason::request_limit);
  CHECK(f.recorder.find(2)->close_mode == CloseMode::abortive);
  f.settle(2, net::Progress::transitional);
  CHECK(phase() == Phase::closing);
  CHECK(f.recorder.find(2)->verdict.closed_first == Side::client);
  f.settle(2);
  CHECK(phase() == Phase::settled);
  CHECK(f.recorder.find(2)->evidence.size() == 1);
  CHECK(f.recorder.find(1)->phase == Phase::idle);
  CHECK_FALSE(f.recorder.find(3));
}

TEST_CASE("what is open has a fact, too: that it was accepted") {
  Fixture f;
  const std::uint64_t id = f.accept();
  REQUIRE(f.recorder.find(id)->evidence.size() == 1);
  CHECK(f.recorder.find(id)->evidence[0].is<fact::Accepted>());
}

TEST_CASE("progress is told before the end is, and wakes who waits for anything") {
  std::vector<std::string> told;
  Options options;
  options.on_progress = [&](const ConnectionRecord& record) {
    told.push_back("progress, " + std::string(to_string(record.phase)));
  };
  options.on_settled = [&](const ConnectionRecord&) { told.emplace_back("settled"); };
  Fixture f(options);
  const std::uint64_t id = f.accept();
  f.closing(id, CloseReason::request_close, CloseMode::lingering);
  const auto changes = f.recorder.wait_changed(0, Recorder::Clock::now() + 10s);
  REQUIRE(changes);
  CHECK(*changes > 0);
  f.settle(id, net::Progress::transitional);
  CHECK(f.recorder.wait_changed(*changes, Recorder::Clock::now() + 10s) > *changes);
  CHECK_FALSE(f.recorder.wait_all_settled(0ms));
  f.settle(id);
  CHECK(f.recorder.wait_all_settled(0ms));
  CHECK(told == std::vector<std::string>{"progress, closing", "settled"});
  f.recorder.finish();
  CHECK_FALSE(f.recorder.wait_changed(0, Recorder::Clock::now() + 10s));
}

TEST_CASE("what is unknown is passed over") {
  Fixture f;
  f.recorder.active(7);
  f.settle(7);
  CHECK(f.recorder.all().empty());
  CHECK(f.recorder.counts().settled == 0);
}

TEST_CASE("wait_closed returns each connection once, in the order of settling") {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.accept();
  CHECK(f.next_closed() == 0);
  for (const std::uint64_t id : {3, 1, 4}) f.settle(id);
  CHECK(f.next_closed() == 3);
  CHECK(f.recorder.wait_closed(1, 0ms)->id == 1);
  CHECK(f.recorder.wait_closed(1, 0ms)->id == 1);
  CHECK(f.recorder.wait_closed(3, 0ms)->id == 3);
  CHECK_FALSE(f.recorder.wait_closed(2, 0ms));
  CHECK(f.next_closed() == 4);
  CHECK(f.next_closed() == 0);
}

TEST_CASE("a wait ends at its timeout, and not before") {
  Fixture f;
  f.accept();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(f.recorder.wait_closed(15ms));
  CHECK_FALSE(f.recorder.wait_closed(1, 15ms));
  CHECK_FALSE(f.recorder.wait_idle(0, 15ms));
  CHECK(std::chrono::steady_clock::now() - start >= 45ms);
}

TEST_CASE("a wait ends when it happens, in another thread") {
  Fixture f;
  f.accept();
  f.accept();
  std::jthread other([&] {
    f.idle(2);
    f.settle(1);
    f.settle(2);
  });
  CHECK(f.recorder.wait_closed(2, 10s)->id == 2);
  CHECK(f.recorder.wait_closed(10s)->id == 1);
}

TEST_CASE("several waiters share out what settles") {
  Fixture f;
  constexpr int connections = 200;
  for (int i = 0; i < connections; ++i) f.accept();
  std::mutex mutex;
  std::multiset<std::uint64_t> returned;
  {
    std::vector<std::jthread> waiters;
    for (int i = 0; i < 4; ++i) {
      waiters.emplace_back([&] {
        for (int n = 0; n < connections / 4; ++n) {
          const auto record = f.recorder.wait_closed(10s);
          const std::lock_guard lock(mutex);
          returned.insert(record ? record->id : 0);
        }
      });
    }
    for (std::uint64_t id = 1; id <= connections; ++id) f.settle(id);
  }
  CHECK(std::set(returned.begin(), returned.end()).size() == connections);
  CHECK(returned.count(0) == 0);
}

TEST_CASE("wait_idle finds the connection that became idle last, and only one that has been served") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.accept();
  CHECK_FALSE(f.recorder.wait_idle(0, 0ms));
  f.answer(1, 1);
  f.answer(2, 1);
  f.idle(2);
  f.idle(1);
  CHECK(f.recorder.wait_idle(0, 0ms)->id == 1);
  CHECK(f.recorder.wait_idle(2, 0ms)->id == 2);
  CHECK_FALSE(f.recorder.wait_idle(3, 0ms));
  f.recorder.active(1);
  CHECK(f.recorder.wait_idle(0, 0ms)->id == 2);
  f.closing(2, CloseReason::peer_closed, CloseMode::lingering);
  CHECK_FALSE(f.recorder.wait_idle(0, 0ms));
}

TEST_CASE("a request is there while it is answered, then brought up to date; the oldest make room") {
  Options options;
  options.requests_kept = 3;
  Fixture f(options);
  f.accept();
  const auto kept = [&] {
    std::string numbers;
    const auto record = f.recorder.find(1);
    for (const RequestRecord& request : record->requests)
      numbers += std::to_string(request.number) + (request.answered_at.count() > 0 ? "a " : " ");
    return numbers;
  };
  const auto request = [](std::uint64_t number, int answered_at = 0) {
    RequestRecord record;
    record.number = number;
    record.answered_at = std::chrono::nanoseconds(answered_at);
    return record;
  };
  Recorder::Entry& entry = f.entry(1);
  const std::vector<RequestRecord> two{request(1), request(2)};
  f.recorder.answering(entry, two);
  CHECK(kept() == "1 2 ");
  f.recorder.answered(entry, std::vector{request(1, 5), request(2, 6)});
  CHECK(kept() == "1a 2a ");
  for (const std::uint64_t number : {3, 4}) f.recorder.answering(entry, std::vector{request(number)});
  CHECK(kept() == "2a 3 4 ");
  f.recorder.answering(entry, std::vector{request(5)});
  f.recorder.answered(entry, std::vector{request(1, 9), request(3, 7), request(5, 8)});
  CHECK(kept() == "3a 4 5a ");
}

TEST_CASE("counts") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.accept();
  f.answer(1, 1);
  f.answer(2, 3);
  f.answer(2, 2);
  f.settle(2);
  const Counts counts = f.recorder.counts();
  CHECK(counts.accepted == 3);
  CHECK(counts.with_requests == 2);
  CHECK(counts.requests == 6);
  CHECK(counts.reused == 4);
  CHECK(counts.open == 2);
  CHECK(counts.settled == 1);
  CHECK(counts.records_dropped == 0);
}

TEST_CASE("records_kept: the oldest settled go, are counted, and are not returned any more") {
  Options options;
  options.records_kept = 2;
  Fixture f(options);
  for (int i = 0; i < 5; ++i) f.accept();
  for (const std::uint64_t id : {5, 1, 2}) f.settle(id);
  CHECK(f.recorder.counts().records_dropped == 1);
  CHECK_FALSE(f.recorder.find(5));
  CHECK_FALSE(f.recorder.wait_closed(5, 0ms));
  CHECK(f.recorder.all().size() == 4);
  CHECK(f.next_closed() == 1);
  CHECK(f.next_closed() == 2);
  for (const std::uint64_t id : {3, 4}) f.settle(id);
  CHECK(f.recorder.counts().records_dropped == 3);
  CHECK(f.next_closed() == 3);
}

TEST_CASE("records_age: what has settled longer ago goes when another settles, and is counted") {
  Options options;
  options.records_age = 20ms;
  Fixture f(options);
  for (int i = 0; i < 3; ++i) f.accept();
  f.settle(1);
  CHECK(f.recorder.find(1));
  std::this_thread::sleep_for(21ms);  // it is time itself that is tested
  f.settle(2);
  CHECK_FALSE(f.recorder.find(1));
  CHECK(f.recorder.find(2));
  CHECK(f.recorder.counts().records_dropped == 1);
  CHECK(f.next_closed() == 2);
}

TEST_CASE("records_kept 0 keeps none, and on_settled still tells") {
  Options options;
  options.records_kept = 0;
  std::vector<ConnectionRecord> told;
  options.on_settled = [&](const ConnectionRecord& record) { told.push_back(record); };
  Fixture f(options);
  f.accept();
  f.settle(1);
  CHECK(f.recorder.all().empty());
  CHECK(f.recorder.counts().records_dropped == 1);
  // Who waits for it gets it all the same.
  CHECK(f.next_closed() == 1);
  CHECK(f.next_closed() == 0);
  REQUIRE(told.size() == 1);
  CHECK(told.front().phase == Phase::settled);
  CHECK(told.front().id == 1);
}

TEST_CASE("requests_kept: the last ones, while all are counted") {
  for (const std::size_t kept : {0, 1, 3, 10}) {
    CAPTURE(kept);
    Options options;
    options.requests_kept = kept;
    Fixture f(options);
    f.accept();
    f.answer(1, 2);
    f.answer(1, 3);
    const ConnectionRecord record = *f.recorder.find(1);
    CHECK(record.request_count == 5);
    const std::size_t expected = std::min<std::size_t>(kept, 5);
    REQUIRE(record.requests.size() == expected);
    for (std::size_t i = 0; i < expected; ++i) CHECK(record.requests[i].number == 5 - expected + i + 1);
  }
}

TEST_CASE("on_request is told of each, with the record as it then is") {
  std::vector<std::uint64_t> numbers;
  std::uint64_t count = 0;
  Options options;
  options.on_request = [&](const ConnectionRecord& record, const RequestRecord& request) {
    numbers.push_back(request.number);
    count = record.request_count;
  };
  Fixture f(options);
  f.accept();
  f.answer(1, 2);
  CHECK(numbers == std::vector<std::uint64_t>{1, 2});
  CHECK(count == 2);
}

}  // namespace
}  // namespace closelab::server
