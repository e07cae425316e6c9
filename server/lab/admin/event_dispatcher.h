#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "closelab/record.h"
#include "server/lab/admin/barrier.h"
#include "server/lab/admin/event_stream.h"

namespace closelab::lab {

/// How often streams with a rate get their share of it.
constexpr std::chrono::milliseconds event_tick{100};
/// How often probes are called: for what only time brings about.
constexpr std::chrono::milliseconds watch_interval{20};

/// Brings what happens on the observed server to those who wait for it or read along. The server's threads only leave
/// word (report); formatting, sending and timing out is done on a thread of the dispatcher's own.
class EventDispatcher {
 public:
  struct Bounds {
    std::size_t waiters = 64;
    std::size_t streams = 16;
    /// Events that wait for being formatted.
    std::size_t events = 1000;
    std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
  };
  explicit EventDispatcher(Bounds bounds);
  EventDispatcher() : EventDispatcher(Bounds{}) {}
  /// Calls stop().
  ~EventDispatcher();
  EventDispatcher(const EventDispatcher&) = delete;
  EventDispatcher& operator=(const EventDispatcher&) = delete;

  /// Something happened, on any thread; costs next to nothing while nobody listens.
  void report(EventType type, const ConnectionRecord& record, const RequestRecord* request = nullptr);

  /// More is known of how a connection ends.
  void progressed(const ConnectionRecord& record);

  using Visit = std::function<void(const ConnectionRecord&)>;
  /// Answers when the barrier is met, on the dispatcher's thread; at once, on this one, when one of the connections
  /// that `each_connection` visits meets it already. False, and never answered, when too many wait or the dispatcher
  /// has stopped. One that is not wanted any more makes room for another.
  bool await(const Barrier& barrier, std::chrono::milliseconds timeout, BarrierAnswer answer,
             const std::function<void(const Visit&)>& each_connection, IsWanted is_wanted = {});
  /// Looks for what a barrier can't tell from one record: true when it has come about, and has been answered.
  using Probe = std::function<bool()>;
  /// Calls the probe on the dispatcher's thread, at once, whenever something has happened to a connection, and every
  /// `watch_interval`; `otherwise` when it was in vain. False, and neither is called, as with await().
  bool watch(Probe probe, std::chrono::milliseconds timeout, std::function<void(Outcome)> otherwise,
             IsWanted is_wanted = {});
  /// False when there are too many or the dispatcher has stopped.
  bool subscribe(EventStream stream);

  /// Answers all that wait, and ends all streams.
  void stop();

 private:
  using Clock = Waiters::Clock;
  struct Ready {
    Waiters::Waiter waiter;
    Outcome outcome;
    std::optional<ConnectionRecord> record;
  };
  /// What there is to do outside of the lock.
  struct Work {
    std::vector<Ready> ready;
    std::vector<EventStream> streams;
    std::vector<Event> events;
    /// By type: those that `events` had no room for, or that no stream would take for now.
    std::array<std::uint64_t, 5> lost{};
  };

  struct Watched {
    Probe probe;
    Clock::time_point deadline;
    std::function<void(Outcome)> otherwise;
    IsWanted is_wanted;
  };

  void run();
  void answer_waiters(const ConnectionRecord& record);
  void look_unlocked(std::unique_lock<std::mutex>& lock);
  bool has_room_for_waiter();
  bool has_room_for_stream();
  bool worth_copying();
  bool tick_is_due(const Work& work);
  bool has_work() const;
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void do_work_unlocked(std::unique_lock<std::mutex>& lock);
  void add_all(Outcome outcome, std::vector<Waiters::Waiter> waiters);
  void do_work(Work work);
  void tend_streams();
  Clock::time_point next_wake() const;

  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Waiters waiters_;
  std::vector<Watched> watched_;
  /// Something has happened since the probes were called.
  bool has_news_ = false;
  Work work_;
  /// What is known of the streams, for report() and subscribe(), which must not touch them.
  EventTypes wanted_ = 0;
  std::vector<std::weak_ptr<BodyStream::State>> readers_;
  /// How many more events are worth copying until the next tick; unset: all.
  std::optional<std::uint64_t> worth_copying_;
  std::uint64_t last_event_ = 0;

  // The thread's own.
  EventStreams streams_;
  Clock::time_point next_beat_{};
  Clock::time_point next_tick_{};
  std::thread thread_;
};

}  // namespace closelab::lab
