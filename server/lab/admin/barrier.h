#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "closelab/record.h"
#include "server/record/barrier.h"

namespace closelab::lab {

using server::Barrier;
using server::Reached;
using server::reached;

/// `idle`, as `wait=` takes it.
std::string_view to_string(Barrier::Until until);
std::optional<Barrier::Until> parse_until(std::string_view text);

/// `connection 3 to be idle, with at least 2 requests`
std::string describe(const Barrier& barrier);

/// How a wait ended.
enum class Outcome : std::uint8_t {
  met,        ///< by this connection
  never,      ///< this connection can't meet it any more
  timed_out,  ///< no connection met it
  stopped,    ///< the server stops
};
/// The record goes with `met` and `never`.
using BarrierAnswer = std::function<void(Outcome, const ConnectionRecord*)>;
/// Does the one who waits still want the answer?
using IsWanted = std::function<bool()>;

/// Those that wait. Not synchronized.
class Waiters {
 public:
  using Clock = std::chrono::steady_clock;
  struct Waiter {
    std::uint64_t ticket = 0;
    Barrier barrier;
    Clock::time_point deadline;
    BarrierAnswer answer;
    IsWanted is_wanted;
  };

  std::uint64_t add(Barrier barrier, Clock::time_point deadline, BarrierAnswer answer, IsWanted is_wanted);
  /// The waiter of that ticket, if it still waits; it does not any more.
  std::optional<Waiter> take(std::uint64_t ticket);
  /// Those whose barrier this connection has reached, or never will; they do not wait any more.
  std::vector<Waiter> take_reached(const ConnectionRecord& record);
  std::vector<Waiter> take_late(Clock::time_point now);
  /// Those whose client has gone.
  std::vector<Waiter> take_unwanted();
  std::vector<Waiter> take_all();

  std::size_t size() const { return waiters_.size(); }
  /// When the first of them is late; the clock's end when nobody waits.
  Clock::time_point next_deadline() const;

 private:
  template <class Concerned>
  std::vector<Waiter> take_if(Concerned concerned);

  std::uint64_t last_ticket_ = 0;
  std::vector<Waiter> waiters_;
};

}  // namespace closelab::lab
