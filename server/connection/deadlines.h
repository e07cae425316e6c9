#pragma once

#include <array>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace closelab::server {

class Connection;

/// What a connection waits for, and so which of its timeouts runs. Only one runs at a time.
enum class DeadlineKind : std::uint8_t {
  idle,
  header,
  body,
  write,
  teardown,   ///< the time bound of its phase
  delay,      ///< of a response
  idle_rule,  ///< a rule at `idle`
  pause,      ///< the next look at a connection that neither reads nor writes
  watch,      ///< has a client that waits for its answer gone (ClientHalfClose::abort)?
};
constexpr std::size_t deadline_kinds = 9;

/// A connection's place in the lists of Deadlines.
struct DeadlineHook {
  Connection* owner = nullptr;
  DeadlineHook* previous = nullptr;
  DeadlineHook* next = nullptr;
  std::chrono::steady_clock::time_point when{};
  DeadlineKind kind = DeadlineKind::idle;

  bool is_set() const { return next != nullptr; }
};

/// The deadlines of a reactor's connections: stored values, swept by one timer. Deadlines of a kind
/// have, as a rule, the same length, so a list per kind stays in order by appending, and setting one
/// costs neither a system call nor an allocation (a timer re-armed per request costs 1 us).
class Deadlines {
 public:
  using Clock = std::chrono::steady_clock;
  /// Called when a deadline has passed; the hook is not set any more.
  using Expired = std::function<void(Connection&, DeadlineKind)>;

  Deadlines(asio::io_context& io, Expired expired);

  /// Sets or moves the hook's one deadline.
  void set(DeadlineHook& hook, DeadlineKind kind, Clock::time_point when);
  void clear(DeadlineHook& hook);
  /// Lets the timer go, so that the io_context can run out of work.
  void stop();

 private:
  void insert(DeadlineHook& hook);
  void arm(Clock::time_point when);
  void sweep();
  DeadlineHook* first_due(Clock::time_point now);
  Clock::time_point earliest() const;

  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;
  Timer timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  Expired expired_;
  std::array<DeadlineHook, deadline_kinds> lists_{};  // sentinels
};

}  // namespace closelab::server
