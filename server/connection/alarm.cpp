#include "server/connection/alarm.h"

#include <utility>

#include "net/memory/insist.h"

namespace closelab::server {

void Alarm::set(Clock::time_point when, std::function<void()> then) {
  next_ = when;
  timer_.expires_at(when);
  const auto due = [this, number = ++current_, then = std::move(then)](const std::error_code& error) {
    if (error || number != current_) return;
    next_ = Clock::time_point::max();
    then();
  };
  // What is forgotten here would not happen.
  net::insist([&] { timer_.async_wait(due); });
}

void Alarm::cancel() {
  ++current_;
  next_ = Clock::time_point::max();
  timer_.cancel();
}

}  // namespace closelab::server
