#include "server/lab/admin/event_dispatcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/memory/insist.h"

namespace closelab::lab {
namespace {

/// How often a stream that lost events is tried again.
constexpr std::chrono::milliseconds debt_interval{100};

Outcome outcome_of(Reached reached) { return reached == Reached::yes ? Outcome::met : Outcome::never; }

}  // namespace

EventDispatcher::EventDispatcher(Bounds bounds) : bounds_(bounds), thread_([this] { run(); }) {}

EventDispatcher::~EventDispatcher() { stop(); }

void EventDispatcher::report(EventType type, const ConnectionRecord& record, const RequestRecord* request) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = ++last_event_;
  answer_waiters(record);
  if ((wanted_ & event_bit(type)) != 0) {
    if (work_.events.size() < bounds_.events && worth_copying()) {
      work_.events.push_back({type, number, record, request ? std::optional(*request) : std::nullopt});
    } else {
      ++work_.lost[static_cast<std::size_t>(type)];
    }
  }
  if (has_work()) wake_.notify_one();
}

void EventDispatcher::progressed(const ConnectionRecord& record) {
  const std::lock_guard lock(mutex_);
  answer_waiters(record);
  if (has_work()) wake_.notify_one();
}

void EventDispatcher::answer_waiters(const ConnectionRecord& record) {
  has_news_ = true;
  for (Waiters::Waiter& waiter : waiters_.take_reached(record)) {
    const Outcome outcome = outcome_of(reached(waiter.barrier, record));
    work_.ready.push_back({std::move(waiter), outcome, record});
  }
}

/// A stream with a rate, such as the live page's, must not cost a busy server a copy of every record.
bool EventDispatcher::worth_copying() {
  if (!worth_copying_) return true;
  if (*worth_copying_ == 0) return false;
  --*worth_copying_;
  return true;
}

bool EventDispatcher::has_room_for_waiter() {
  const auto is_full = [this] { return waiters_.size() + watched_.size() >= bounds_.waiters; };
  if (!is_full()) return true;
  waiters_.take_unwanted();
  std::erase_if(watched_, [](const Watched& watched) { return watched.is_wanted && !watched.is_wanted(); });
  return !is_full();
}

/// A reader has gone when its stream was detached, or nobody but the dispatcher has it: it never got to its connection.
bool EventDispatcher::has_room_for_stream() {
  std::erase_if(readers_, [](const std::weak_ptr<BodyStream::State>& each) {
    const auto state = each.lock();
    return state == nullptr || state.use_count() <= 2 || !BodyStream(state).is_open();
  });
  return readers_.size() < bounds_.streams;
}

bool EventDispatcher::await(const Barrier& barrier, std::chrono::milliseconds timeout, BarrierAnswer answer,
                            const std::function<void(const Visit&)>& each_connection, IsWanted is_wanted) {
  std::unique_lock lock(mutex_);
  if (stopping_ || !has_room_for_waiter()) return false;
  const std::uint64_t ticket = waiters_.add(barrier, Clock::now() + timeout, std::move(answer), std::move(is_wanted));
  wake_.notify_one();
  lock.unlock();
  // Looked for only now: what happens meanwhile is reported, so that nothing falls between.
  std::optional<ConnectionRecord> found;
  each_connection([&](const ConnectionRecord& record) {
    if (!found && reached(barrier, record) != Reached::no) found = record;
  });
  if (!found) return true;
  lock.lock();
  const auto waiter = waiters_.take(ticket);
  lock.unlock();
  if (waiter) waiter->answer(outcome_of(reached(barrier, *found)), &*found);
  return true;
}

bool EventDispatcher::watch(Probe probe, std::chrono::milliseconds timeout, std::function<void(Outcome)> otherwise,
                            IsWanted is_wanted) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || !has_room_for_waiter()) return false;
  watched_.push_back({std::move(probe), Clock::now() + timeout, std::move(otherwise), std::move(is_wanted)});
  has_news_ = true;
  wake_.notify_one();
  return true;
}

/// They ask the server, which may be telling something here at this moment.
void EventDispatcher::look_unlocked(std::unique_lock<std::mutex>& lock) {
  if (watched_.empty()) return;
  has_news_ = false;
  std::vector<Watched> watched = std::exchange(watched_, {});
  lock.unlock();
  std::erase_if(watched, [](const Watched& each) {
    if (each.probe()) return true;
    if (Clock::now() < each.deadline) return false;
    each.otherwise(Outcome::timed_out);
    return true;
  });
  lock.lock();
  std::ranges::move(watched, std::back_inserter(watched_));
}

bool EventDispatcher::subscribe(EventStream stream) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || !has_room_for_stream()) return false;
  readers_.push_back(stream.body.state());
  wanted_ |= stream.types;
  work_.streams.push_back(std::move(stream));
  wake_.notify_one();
  return true;
}

void EventDispatcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool EventDispatcher::has_work() const {
  // What a rate leaves out is told at the next tick.
  const auto is_lost = [](std::uint64_t events) { return events > 0; };
  const bool lost = !worth_copying_ && std::ranges::any_of(work_.lost, is_lost);
  return lost || (has_news_ && !watched_.empty()) || !work_.ready.empty() || !work_.events.empty() ||
         !work_.streams.empty();
}

void EventDispatcher::add_all(Outcome outcome, std::vector<Waiters::Waiter> waiters) {
  for (Waiters::Waiter& waiter : waiters) work_.ready.push_back({std::move(waiter), outcome, std::nullopt});
}

EventDispatcher::Clock::time_point EventDispatcher::next_wake() const {
  Clock::time_point next = waiters_.next_deadline();
  if (!watched_.empty()) next = std::min(next, Clock::now() + watch_interval);
  if (streams_.size() > 0) next = std::min(next, next_beat_);
  if (streams_.has_debts()) next = std::min(next, Clock::now() + debt_interval);
  if (worth_copying_) next = std::min(next, next_tick_);
  return next;
}

void EventDispatcher::run() {
  std::unique_lock lock(mutex_);
  // What there was no memory for is lost to those who waited for it: who gets no answer is told so (Responder).
  const auto with_lock = [&](const auto& act) {
    net::insist([&] {
      if (!lock.owns_lock()) lock.lock();
      act();
    });
  };
  while (!stopping_) {
    with_lock([&] {
      wait_for_work(lock);
      add_all(Outcome::timed_out, waiters_.take_late(Clock::now()));
      do_work_unlocked(lock);
      look_unlocked(lock);
    });
  }
  with_lock([&] {
    for (const Watched& watched : std::exchange(watched_, {})) watched.otherwise(Outcome::stopped);
    add_all(Outcome::stopped, waiters_.take_all());
    do_work_unlocked(lock);
  });
  wanted_ = 0;
  lock.unlock();
  streams_.end_all();
}

void EventDispatcher::wait_for_work(std::unique_lock<std::mutex>& lock) {
  if (stopping_ || has_work()) return;
  const Clock::time_point until = next_wake();
  // To wait until the end of the clock's time would overflow.
  until == Clock::time_point::max() ? wake_.wait(lock) : static_cast<void>(wake_.wait_until(lock, until));
}

void EventDispatcher::do_work_unlocked(std::unique_lock<std::mutex>& lock) {
  Work work = std::exchange(work_, {});
  const bool ticked = tick_is_due(work);
  lock.unlock();
  if (ticked) streams_.tick();
  do_work(std::move(work));
  lock.lock();
  wanted_ = streams_.wanted();
  for (const EventStream& stream : work_.streams) wanted_ |= stream.types;
  if (ticked) worth_copying_ = streams_.most_per_tick();
}

/// Also when a stream begins: it changes what is worth copying.
bool EventDispatcher::tick_is_due(const Work& work) {
  const auto now = Clock::now();
  if (work.streams.empty() && (!worth_copying_ || now < next_tick_)) return false;
  next_tick_ = now + event_tick;
  return true;
}

void EventDispatcher::do_work(Work work) {
  for (const Ready& ready : work.ready) ready.waiter.answer(ready.outcome, ready.record ? &*ready.record : nullptr);
  if (streams_.size() == 0) next_beat_ = Clock::now() + bounds_.heartbeat;
  for (EventStream& stream : work.streams) streams_.add(std::move(stream));
  for (const Event& event : work.events) streams_.publish(event.type, [&event] { return format_event(event); });
  for (std::size_t type = 0; type < work.lost.size(); ++type)
    if (work.lost[type] > 0) streams_.lose(event_bit(static_cast<EventType>(type)), work.lost[type]);
  tend_streams();
}

void EventDispatcher::tend_streams() {
  streams_.settle_debts();
  if (Clock::now() < next_beat_) return;
  streams_.beat();
  next_beat_ = Clock::now() + bounds_.heartbeat;
}

}  // namespace closelab::lab
