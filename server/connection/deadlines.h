#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "server/connection/alarm.h"

namespace closelab::server {

class Connection;

/// What a connection waits for, and so which of its timeouts runs. Only one runs at a time.
enum class DeadlineKind : std::uint8_t {
  idle,
  header,
  body,
  write,
  teardown,    ///< the time bound of its phase
  delay,       ///< of a response
  idle_rule,   ///< a rule at `idle`
  idle_drain,  ///< Server::drain(): idle for too long
  idle_write,  ///< the next look whether an idle client takes what it was sent
  pause,       ///< the end of a pause, or the next look at it
};

/// A connection's place among Deadlines.
struct DeadlineHook {
  Connection* owner = nullptr;
  std::chrono::steady_clock::time_point when{};
  /// In the heap, counted from 1; 0 is nowhere.
  std::uint32_t place = 0;
  DeadlineKind kind = DeadlineKind::idle;

  bool is_set() const { return place != 0; }
};

/// The deadlines of a reactor's connections: stored values, swept by one timer, so that setting one costs no system
/// call (a timer re-armed per request costs 1 us). A heap, because their lengths are the peers' to choose
/// (`?idle_timeout=`, /delay/): setting and clearing one among n takes at most log n steps.
class Deadlines {
 public:
  using Clock = std::chrono::steady_clock;
  /// Called when a deadline has passed; the hook is not set any more.
  using Expired = std::function<void(Connection&, DeadlineKind)>;

  Deadlines(asio::io_context& io, Expired expired);

  /// Sets or moves the hook's one deadline.
  void set(DeadlineHook& hook, DeadlineKind kind, Clock::time_point when);
  void clear(DeadlineHook& hook);
  /// When the timer is due, and the io_context must be polled; never is the clock's last moment.
  Clock::time_point next() const { return alarm_.next(); }
  /// Lets the timer go, so that the io_context can run out of work.
  void stop() { alarm_.cancel(); }

 private:
  struct Entry {
    Clock::time_point when;
    /// The first to be set is the first of those that are due at the same time.
    std::uint64_t sequence;
    DeadlineHook* hook;

    bool operator<(const Entry& other) const {
      return when != other.when ? when < other.when : sequence < other.sequence;
    }
  };

  void put(std::size_t place, const Entry& entry);
  /// Brings the entry, which is to stand at `place`, to where it belongs.
  void settle(std::size_t place, Entry entry);
  void arm(Clock::time_point when);
  void sweep();

  Alarm alarm_;
  Expired expired_;
  /// Each entry is before the four at 4 * place + 1 and on.
  std::vector<Entry> heap_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace closelab::server
