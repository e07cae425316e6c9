#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/tcp_probe.h"
#include "server/connection.h"
#include "server/reactor.h"

// How a connection ends: timeouts, failures, the server's stop, and the steps of its teardown.

namespace closelab::server {
namespace {

// How often a drain is looked at while the server stops: about as long as a client may delay its ACK.
constexpr std::chrono::milliseconds drain_check{50};

std::string timeout_text(std::string_view what, std::string_view timeout, std::chrono::milliseconds value) {
  return std::string(what) + " did not arrive within " + std::string(timeout) + " (" + std::to_string(value.count()) +
         " ms)";
}

}  // namespace

void Connection::deadline_passed(DeadlineKind kind) {
  const auto self = shared_from_this();
  const Timeouts& timeouts = reactor_.shared().options.timeouts;
  switch (kind) {
    case DeadlineKind::idle:
      return end_idle(CloseReason::idle_timeout);
    case DeadlineKind::header:
      return time_out(timeout_text("the request's head", "header_timeout", timeouts.header_timeout),
                      CloseReason::header_timeout);
    case DeadlineKind::body:
      return time_out(timeout_text("the request's body", "body_timeout", timeouts.body_timeout),
                      CloseReason::body_timeout);
    case DeadlineKind::delay:
      respond(*std::exchange(exchange_->delayed, std::nullopt));
      return resume();
    case DeadlineKind::drain:
      if (reactor_.is_stopping() && teardown_->drain_time_left() > std::chrono::milliseconds(0)) return hurry_drain();
      teardown_->time_exceeded();
      return after_teardown_step();
    case DeadlineKind::write:
      if (client_takes()) return set_deadline(DeadlineKind::write, timeouts.write_timeout);
      reason_ = CloseReason::write_timeout;  // whatever was to end it after the response
      report_unanswered();
      teardown().time_exceeded();
      return after_teardown_step();
  }
}

void Connection::time_out(const std::string& text, CloseReason reason) {
  refuse_request(408, text, reason);
  proceed();
}

void Connection::refuse() {
  refused_ = true;
  exchange_ = reactor_.exchanges().take();
  advance(http::ExchangeEvent::first_byte);
  refuse_request(
      503, "max_connections (" + std::to_string(reactor_.shared().options.max_connections) + ") connections are open",
      CloseReason::connection_limit);
  proceed();
}

void Connection::stop() {
  if (teardown_ == nullptr) {
    // A request may have crossed the decision to stop: it is still answered (and the connection closed behind it).
    const bool is_idle = deadline_.is_set() && deadline_.kind == DeadlineKind::idle;
    if (exchange_ == nullptr || is_idle) readable();
    return;
  }
  if (teardown_->phase() == net::TeardownPhase::draining) hurry_drain();
}

void Connection::stop_now() {
  const auto self = shared_from_this();
  if (teardown_ == nullptr && exchange_ == nullptr) return end_idle(CloseReason::server_stop);
  end(CloseReason::server_stop);
  report_unanswered();
  teardown().stopped();
  after_teardown_step();
}

void Connection::failed(Fact call, int error) {
  // Before the response was out this is why it ends, whatever was to end it afterwards.
  if (teardown_ == nullptr) reason_ = CloseReason::none;
  end(error == ECONNRESET || error == EPIPE ? CloseReason::peer_reset : CloseReason::tcp_timeout);
  report_unanswered();
  teardown().failed(call, error);
  after_teardown_step();
}

/// The body source failed: what the client has can't be completed.
void Connection::end_incomplete() {
  reason_ = CloseReason::handler_error;
  report_unanswered();
  teardown().incomplete();
  after_teardown_step();
}

/// Nothing is in flight, so there is nothing to linger for when the server wants to be gone.
void Connection::end_idle(CloseReason reason) {
  end(reason);
  if (reason == CloseReason::server_stop && mode_ == CloseMode::lingering) mode_ = CloseMode::immediate;
  tear_down();
}

/// The first reason counts.
void Connection::end(CloseReason reason) {
  if (reason_ == CloseReason::none) reason_ = reason;
}

net::Teardown& Connection::teardown() {
  if (teardown_ == nullptr) {
    reactor_.deadlines().clear(deadline_);
    const Options& options = reactor_.shared().options;
    teardown_ =
        std::make_unique<net::Teardown>(stream_, net::EndedConnection{id_, tuple_, cookie_, accepted_at_, {Evidence{}}},
                                        net::TeardownOptions{mode_, options.lingering, options.socket.linger},
                                        reactor_.shared().observer, reactor_.shared().closer);
  }
  return *teardown_;
}

/// Everything has been handed to the kernel: the close mode decides what our side does now.
void Connection::tear_down() {
  net::Teardown& steps = teardown();
  if (request_missing_) steps.note_request_unfinished(*request_missing_);
  steps.flushed();
  after_teardown_step();
}

void Connection::drain() {
  if (teardown_->phase() != net::TeardownPhase::draining) return;
  teardown_->drain(reactor_.read_buffer());
  after_teardown_step();
}

void Connection::set_drain_deadline() {
  const std::chrono::milliseconds left = teardown_->drain_time_left();
  set_deadline(DeadlineKind::drain, reactor_.is_stopping() ? std::min(left, drain_check) : left);
}

/// While the server stops, a drain goes on only as long as the client has not acknowledged everything: at most our FIN
/// is open then, and waiting on would only hold up the stop.
void Connection::hurry_drain() {
  if (net::unacknowledged_bytes(stream_.fd()) > 1) return set_drain_deadline();
  teardown_->stopped();
  after_teardown_step();
}

/// The record follows the deed: what our side does after the last byte of a response must not be late.
void Connection::report_closing() {
  if (closing_reported_) return;
  closing_reported_ = true;
  if (exchange_ != nullptr) report_answered();
  reactor_.shared().recorder.closing(id_, reason_, mode_);
}

void Connection::after_teardown_step() {
  report_closing();
  switch (teardown_->phase()) {
    case net::TeardownPhase::flushing:
    case net::TeardownPhase::half_closed:
      return;
    case net::TeardownPhase::draining:
      release_exchange();
      if (!deadline_.is_set()) set_drain_deadline();
      return wait_readable();
    case net::TeardownPhase::closed:
      release_exchange();
      reactor_.deadlines().clear(deadline_);
      teardown_->hand_over();
      return reactor_.remove(*this);
  }
}

/// The output has been flushed.
void Connection::note_answered() {
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  if (requests.empty()) return;
  for (RequestRecord& request : requests) request.answered_at = now();
  if (const std::uint64_t streamed = exchange_->output.take_streamed()) requests.back().response_body_bytes = streamed;
}

void Connection::report_answered() {
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  if (requests.empty()) return;
  reactor_.shared().recorder.answered(id_, requests);
  requests.clear();
}

/// Requests whose responses did not get to the kernel in full, and one that was not answered at all.
void Connection::report_unanswered() {
  if (exchange_ == nullptr) return;
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  if (is_awaiting_answer()) requests.push_back(std::move(exchange_->record));
  const std::uint64_t streamed = exchange_->output.take_streamed();
  if (streamed > 0 && !requests.empty()) requests.back().response_body_bytes = streamed;
  if (!requests.empty()) reactor_.shared().recorder.answered(id_, requests);
  requests.clear();
}

}  // namespace closelab::server
