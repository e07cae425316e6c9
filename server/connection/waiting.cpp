#include "server/connection/waiting.h"

#include <algorithm>
#include <utility>

#include "net/kernel/tcp_probe.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

// How soon it is noticed that a client that waits for its answer has closed.
constexpr milliseconds client_look{20};

/// How soon the next look at a pause is due. The kernel has no event for an acknowledgement, nor, while input is left
/// unread, for the client's FIN.
milliseconds look_interval(Wait pause) {
  if (pause == Wait::acknowledge) return milliseconds(1);
  return milliseconds(pause == Wait::stream ? 200 : 20);
}

}  // namespace

Waiting::Waiting(ConnectionHost& host, net::Stream& stream, Connection& owner)
    : host_(host), stream_(stream), idle_timeout_(host.shared().options.timeouts.idle_timeout) {
  deadline_.owner = &owner;
}

void Waiting::set(DeadlineKind kind, milliseconds from_now) {
  host_.deadlines().set(deadline_, kind, Clock::now() + from_now);
}

Waiting::Since Waiting::for_request(std::optional<milliseconds> rule_after) {
  if (is_for(DeadlineKind::idle) || is_for(DeadlineKind::idle_rule)) return Since::before;
  idle_since_ = Clock::now();
  for_request_still(rule_after);
  return Since::now;
}

void Waiting::for_request_still(std::optional<milliseconds> rule_after) {
  const bool rule_first = rule_after && *rule_after < idle_timeout_;
  host_.deadlines().set(deadline_, rule_first ? DeadlineKind::idle_rule : DeadlineKind::idle,
                        idle_since_ + (rule_first ? *rule_after : idle_timeout_));
}

milliseconds Waiting::idle_for() const { return std::chrono::ceil<milliseconds>(Clock::now() - idle_since_); }

Waiting::Since Waiting::for_rest(DeadlineKind kind, milliseconds timeout) {
  if (is_for(kind)) return Since::before;
  set(kind, timeout);
  return Since::now;
}

void Waiting::for_answer(std::optional<Clock::time_point> delayed_until) {
  const auto next_look = Clock::now() + client_look;
  const bool watches = host_.shared().options.client_half_close == ClientHalfClose::abort;
  if (watches && next_look < delayed_until.value_or(Clock::time_point::max())) {
    host_.deadlines().set(deadline_, DeadlineKind::watch, next_look);
  } else if (delayed_until) {
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
  if (why == Wait::delay && host_.is_stopping()) duration = milliseconds(0);
  pause_until_ = duration ? Clock::now() + *duration : Clock::time_point::max();
  look_later(why);
}

void Waiting::look_later(Wait why) {
  const bool to_the_end = why == Wait::delay;
  host_.deadlines().set(deadline_, DeadlineKind::pause, to_the_end ? pause_until_ : Clock::now() + look_interval(why));
}

void Waiting::for_teardown(std::optional<milliseconds> time) { time ? set(DeadlineKind::teardown, *time) : end(); }

}  // namespace closelab::server
