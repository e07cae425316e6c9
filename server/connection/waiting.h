#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/socket/stream.h"
#include "server/connection/connection_host.h"
#include "server/connection/lifecycle.h"

namespace closelab::server {

/// What may end an idle wait before its idle_timeout.
struct IdleLimits {
  /// A rule at `idle`.
  std::optional<std::chrono::milliseconds> rule_after{};
  /// The server's drain.
  std::optional<Deadlines::Clock::time_point> drain_since{};
};

/// What a connection waits for: its one deadline, and the calls that let it know when its socket is ready.
class Waiting {
 public:
  using Clock = Deadlines::Clock;
  enum class Since : std::uint8_t { now, before };

  Waiting(ConnectionHost& host, net::Stream& stream, Connection& owner);

  /// From `now` on, if it does not wait already.
  Since for_request(const IdleLimits& limits, Clock::time_point now);
  /// The limits have changed; the same wait goes on.
  void for_request_still(const IdleLimits& limits);
  std::chrono::milliseconds idle_for() const;
  /// An idle client has acknowledged all that it was sent, or more than at the last look; the first look only begins.
  bool idle_client_takes();
  /// For the rest of a head or body. Set once for the whole of it: bytes that trickle in buy no time.
  Since for_rest(DeadlineKind kind, std::chrono::milliseconds timeout);
  /// For the handler's answer, which may be there and only have to be delayed.
  void for_answer(std::optional<Clock::time_point> delayed_until);
  /// For the client to take what is queued. One that takes something gets its time anew.
  void for_client(Exchange& exchange);
  void for_client_still();
  /// Without a duration: until something happens.
  void pause(Wait why, std::optional<std::chrono::milliseconds> duration);
  /// The next look at a pause.
  void look_later(Wait why);
  bool is_pause_over() const { return Clock::now() >= pause_until_; }
  /// For the next step of a close mode, which may have no bound.
  void for_teardown(std::optional<std::chrono::milliseconds> time);
  bool is_for_teardown() const { return is_for(DeadlineKind::teardown); }
  void end() { host_.deadlines().clear(deadline_); }

  std::chrono::milliseconds idle_timeout() const { return idle_timeout_; }
  void set_idle_timeout(std::chrono::milliseconds timeout) { idle_timeout_ = timeout; }

 private:
  bool is_for_request() const;
  bool is_for(DeadlineKind kind) const { return deadline_.is_set() && deadline_.kind == kind; }
  void set(DeadlineKind kind, std::chrono::milliseconds from_now);

  ConnectionHost& host_;
  net::Stream& stream_;
  DeadlineHook deadline_;
  std::chrono::milliseconds idle_timeout_;
  Clock::time_point idle_since_{};
  /// The last look at what an idle client had not acknowledged, and how much that was; unset before the first.
  Clock::time_point looked_at_{};
  std::optional<std::uint32_t> unacknowledged_{};
  Clock::time_point pause_until_{};
};

}  // namespace closelab::server
