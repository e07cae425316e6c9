#include "server/connection/alarm.h"

#include <utility>

namespace closelab::server {

void Alarm::set(Clock::time_point when, std::function<void()> then) {
  next_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this, number = ++current_, then = std::move(then)](const std::error_code& error) {
    if (error || number != current_) return;
    next_ = Clock::time_point::max();
    then();
  });
}

void Alarm::cancel() {
  ++current_;
  next_ = Clock::time_point::max();
  timer_.cancel();
}

}  // namespace closelab::server
