#pragma once

#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>

namespace closelab::server {

/// One of asio's timers, which says when it is due: whoever does not wait in asio must poll the io_context then.
class Alarm {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Alarm(asio::io_context& io) : timer_(io.get_executor()) {}

  /// Calls `then` once, in the io_context. What was set before is forgotten.
  void set(Clock::time_point when, std::function<void()> then);
  void cancel();
  /// The clock's last moment while nothing is set.
  Clock::time_point next() const { return next_; }

 private:
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type> timer_;
  Clock::time_point next_ = Clock::time_point::max();
  /// A wait that was cancelled may still complete successfully.
  std::uint64_t current_ = 0;
};

}  // namespace closelab::server
