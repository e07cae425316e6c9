#include <cerrno>
#include <utility>

#include "net/tcp_probe.h"
#include "server/connection.h"
#include "server/reactor.h"

// How a connection ends: timeouts, failures, the server's stop, and the steps of its teardown.

namespace closelab::server {
namespace {

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
    case DeadlineKind::write:
      reason_ = CloseReason::write_timeout;  // whatever was to end it after the response
      report_unanswered();
      [[fallthrough]];
    case DeadlineKind::drain:
      teardown().time_exceeded();
      return after_teardown_step();
  }
}

void Connection::time_out(const std::string& text, CloseReason reason) {
  refuse_request(408, text, reason);
  proceed();
}

void Connection::refuse() {
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
    if (exchange_ == nullptr) readable();
    return;
  }
  // The client has acknowledged everything, at most our FIN is open: waiting on would only hold up the stop.
  if (teardown_->phase() == net::TeardownPhase::draining && net::unacknowledged_bytes(stream_.fd()) <= 1) {
    teardown_->stopped();
    after_teardown_step();
  }
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
    reactor_.shared().recorder.closing(id_, reason_, mode_);
    const Options& options = reactor_.shared().options;
    teardown_ = std::make_unique<net::Teardown>(stream_, net::EndedConnection{id_, tuple_, cookie_, accepted_at_, {}},
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

void Connection::after_teardown_step() {
  switch (teardown_->phase()) {
    case net::TeardownPhase::flushing:
    case net::TeardownPhase::half_closed:
      return;
    case net::TeardownPhase::draining:
      release_exchange();
      if (!deadline_.is_set()) set_deadline(DeadlineKind::drain, reactor_.shared().options.lingering.time);
      return wait_readable();
    case net::TeardownPhase::closed:
      release_exchange();
      reactor_.deadlines().clear(deadline_);
      return reactor_.remove(*this);
  }
}

void Connection::report_answered() {
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  if (requests.empty()) return;
  for (RequestRecord& request : requests) request.answered_at = now();
  if (const std::uint64_t streamed = exchange_->output.take_streamed()) requests.back().response_body_bytes = streamed;
  reactor_.shared().recorder.answered(id_, requests);
  requests.clear();
}

/// Requests whose responses did not get to the kernel in full, and one that was not answered at all.
void Connection::report_unanswered() {
  if (exchange_ == nullptr) return;
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  if (is_awaiting_answer()) requests.push_back(std::move(exchange_->record));
  if (!requests.empty()) reactor_.shared().recorder.answered(id_, requests);
  requests.clear();
}

}  // namespace closelab::server
