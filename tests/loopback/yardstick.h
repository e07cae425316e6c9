#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace closelab::loopback {

/// Waits for that long: the pace of a slow client.
inline void pause(std::chrono::milliseconds time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

/// A timer of the test's own that runs beside the server's: how late it is woken is the machine's doing, so that
/// much a server's timer may be late too.
class Yardstick {
 public:
  using Clock = std::chrono::steady_clock;

  Clock::duration worst_lateness() const { return Clock::duration(worst_.load()); }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto due = Clock::now() + std::chrono::milliseconds(2);
      pause(std::chrono::milliseconds(2));
      worst_ = std::max(worst_.load(), (Clock::now() - due).count());
    }
  }

  std::atomic<Clock::duration::rep> worst_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

}  // namespace closelab::loopback
