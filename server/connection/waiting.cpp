#include "server/connection/waiting.h"

#include <algorithm>
#include <utility>

#include "net/kernel/tcp_probe.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

// How soon the next look at what is acknowledged is due: the kernel has no event for it.
constexpr milliseconds acknowledgement_look{1};

}  // namespace

Waiting::Waiting(ConnectionHost& host, net::Stream& stream, Connection& owner)
    : host_(host), stream_(stream), idle_timeout_(host.shared().options.timeouts.idle_timeout) {
  deadline_.owner = &owner;
}

void Waiting::set(DeadlineKind kind, milliseconds from_now) {
  host_.deadlines().set(deadline_, kind, Clock::now() + from_now);
}

Waiting::Since Waiting::for_request(const IdleLimits& limits, Clock::time_point now) {
  if (is_for_request()) return Since::before;
  idle_since_ = looked_at_ = now;
  unacknowledged_.reset();
  for_request_still(limits);
  return Since::now;
}

void Waiting::for_request_still(const IdleLimits& limits) {
  auto when = idle_since_ + idle_timeout_;
  DeadlineKind kind = DeadlineKind::idle;
  if (limits.rule_after && *limits.rule_after < idle_timeout_) {
    when = idle_since_ + *limits.rule_after;
    kind = DeadlineKind::idle_rule;
  }
  if (unacknowledged_ != 0U) {
    const auto look = looked_at_ + host_.shared().options.timeouts.write_timeout;
    if (look < when) kind = DeadlineKind::idle_write;
    when = std::min(when, look);
  }
  if (limits.drain_since) {
    const auto drained = std::max(*limits.drain_since, idle_since_) + host_.drain()->options.idle_after;
    if (drained < when) kind = DeadlineKind::idle_drain;
    when = std::min(when, drained);
  }
  host_.deadlines().set(deadline_, kind, when);
}

bool Waiting::is_for_request() const {
  return is_for(DeadlineKind::idle) || is_for(DeadlineKind::idle_rule) || is_for(DeadlineKind::idle_drain) ||
         is_for(DeadlineKind::idle_write);
}

bool Waiting::idle_client_takes() {
  const auto bytes = static_cast<std::uint32_t>(net::unacknowledged_bytes(stream_.fd()));
  const bool progress = bytes == 0 || !unacknowledged_ || bytes < *unacknowledged_;
  unacknowledged_ = bytes;
  looked_at_ = Clock::now();
  return progress;
}

milliseconds Waiting::idle_for() const { return std::chrono::ceil<milliseconds>(Clock::now() - idle_since_); }

Waiting::Since Waiting::for_rest(DeadlineKind kind, milliseconds timeout) {
  if (is_for(kind)) return Since::before;
  set(kind, timeout);
  return Since::now;
}

void Waiting::for_answer(std::optional<Clock::time_point> delayed_until) {
  if (delayed_until) {
    host_.deadlines().set(deadline_, DeadlineKind::delay, *delayed_until);
  } else {
    end();
  }
}

void Waiting::for_client(Exchange& exchange) {
  const bool progress = exchange.output.written() != std::exchange(exchange.written, exchange.output.written());
  if (!progress && is_for(DeadlineKind::write)) return;
  exchange.client_takes(net::unacknowledged_bytes(stream_.fd()));
  for_client_still();
}

void Waiting::for_client_still() { set(DeadlineKind::write, host_.shared().options.timeouts.write_timeout); }

void Waiting::pause(Wait why, std::optional<milliseconds> duration) {
  // A fault that was asked for must not hold up a server that stops.
  if ((why == Wait::delay || why == Wait::stall) && host_.is_stopping()) duration = milliseconds(0);
  pause_until_ = duration ? Clock::now() + *duration : Clock::time_point::max();
  look_later(why);
}

void Waiting::look_later(Wait why) {
  if (why == Wait::acknowledge) return set(DeadlineKind::pause, acknowledgement_look);
  // It ends by an event.
  if (pause_until_ == Clock::time_point::max()) return end();
  host_.deadlines().set(deadline_, DeadlineKind::pause, pause_until_);
}

void Waiting::for_teardown(std::optional<milliseconds> time) { time ? set(DeadlineKind::teardown, *time) : end(); }

}  // namespace closelab::server
