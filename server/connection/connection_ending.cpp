#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "net/verdict/derive_verdict.h"
#include "server/connection/connection.h"
#include "server/reactor.h"

// How a connection ends: timeouts, failures, the server's stop, and the steps of its teardown.

namespace closelab::server {
namespace {

// Facts that most endings leave, so that they take one allocation.
constexpr std::size_t usual_evidence = 10;
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
    case DeadlineKind::teardown:
      return teardown_deadline_passed();
    case DeadlineKind::write:
      return write_timed_out();
    case DeadlineKind::idle_rule:
      return idle_rule_passed();
    case DeadlineKind::pause:
      return pause_passed();
    case DeadlineKind::watch:
      return watch_client();
  }
}

void Connection::teardown_deadline_passed() {
  const auto left = teardown_->time_left();
  if (reactor_.is_stopping() && (!left || *left > std::chrono::milliseconds(0))) return hurry_teardown();
  teardown_->time_exceeded();
  after_teardown_step();
}

void Connection::idle_rule_passed() {
  const auto idle_for = Script::Clock::now() - script_->idle_since;
  if (!act(At::idle, 0, std::chrono::ceil<std::chrono::milliseconds>(idle_for))) return proceed();
  set_idle_deadline();
}

void Connection::time_out(const std::string& text, CloseReason reason) {
  if (reactor_.shared().options.timeout_response == Switch::on) {
    refuse_request(408, text, reason);
  } else {
    cut_now(mode_, reason);
  }
  proceed();
}

void Connection::write_timed_out() {
  if (client_takes()) return set_deadline(DeadlineKind::write, reactor_.shared().options.timeouts.write_timeout);
  reason_ = CloseReason::write_timeout;  // whatever was to end it after the response
  report_unanswered();
  teardown().time_exceeded();
  after_teardown_step();
}

void Connection::cut(CloseMode mode, CloseReason reason) {
  const auto self = shared_from_this();
  if (teardown_ != nullptr && teardown_->phase() > net::TeardownPhase::half_closed) {
    if (teardown_->phase() == net::TeardownPhase::closed) return;
    mode_ = mode == CloseMode::abortive ? mode : CloseMode::immediate;
    teardown_->set_mode(mode_);
    closing_reported_ = false;
    teardown_->stopped();
    return after_teardown_step();
  }
  cut_now(mode, reason);
  tear_down();
}

void Connection::close_if_idle() {
  const auto self = shared_from_this();
  if (is_idle()) end_idle(CloseReason::command);
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
  if (is_paused()) return stop_paused();
  if (teardown_ == nullptr) {
    // A request may have crossed the decision to stop: it is still answered (and the connection closed behind it).
    if (exchange_ == nullptr || has_idle_deadline()) readable();
    return;
  }
  if (teardown_->phase() > net::TeardownPhase::half_closed) hurry_teardown();
}

/// A fault that was asked for must not hold the server up.
void Connection::stop_paused() {
  const auto self = shared_from_this();
  switch (script_->pause) {
    case Pause::delay:
    case Pause::hold:
      return go_on();
    case Pause::stall:
      return cut(CloseMode::immediate, CloseReason::server_stop);
    default:
      return;
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
  if (reason == CloseReason::server_stop && mode_ != CloseMode::abortive) mode_ = CloseMode::immediate;
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
    net::Observer& observer = reactor_.shared().observer;
    net::EndedConnection ended{id_, {entry_.server(), entry_.client()}, 0, accepted_at_, {}};
    // Only lookups ask for it.
    if (observer.looks_up(id_)) ended.cookie = net::socket_cookie(stream_.fd());
    ended.evidence.reserve(usual_evidence);
    ended.evidence.emplace_back();  // accept()
    teardown_ = std::make_unique<net::Teardown>(
        stream_, std::move(ended),
        net::TeardownOptions{mode_, options.lingering, options.close_times, options.socket.linger}, observer,
        reactor_.shared().closer);
  }
  return *teardown_;
}

/// Everything has been handed to the kernel: the close mode decides what our side does now.
void Connection::tear_down() {
  const bool may_wait = reason_ != CloseReason::command && !reactor_.is_stopping();
  if (may_wait && reactor_.shared().holds.is_held(id_)) {
    report_closing();
    closing_reported_ = false;  // what ends the hold may change how it ends
    return pause(Pause::hold);
  }
  if (!request_missing_ && has_left_over()) retry_ = std::max(retry_, Retry::safe);
  mode_ = mode_for_teardown();
  net::Teardown& steps = teardown();
  steps.set_mode(mode_);
  if (request_missing_) steps.note_request_unfinished(*request_missing_);
  steps.flushed();
  after_teardown_step();
}

/// Bytes that were read behind the connection's last request.
bool Connection::has_left_over() const {
  return !input_.empty() || (exchange_ != nullptr && !exchange_->input.empty());
}

/// Where nothing of the client's is left unread, the careful modes may do without their care (LingeringWhen::unread).
CloseMode Connection::mode_for_teardown() const {
  const bool careful = mode_ == CloseMode::lingering || mode_ == CloseMode::delayed;
  if (!careful || reactor_.shared().options.lingering_when == LingeringWhen::always) return mode_;
  const bool had_body = request_missing_ || (exchange_ != nullptr && exchange_->parser.body_received() > 0);
  return has_left_over() || had_body || net::unread_bytes(stream_.fd()) > 0 ? mode_ : CloseMode::immediate;
}

void Connection::drain() {
  if (!teardown_->wants_input()) return;
  const net::TeardownPhase before = teardown_->phase();
  teardown_->drain(reactor_.read_buffer());
  if (teardown_->phase() != before) reactor_.deadlines().clear(deadline_);
  after_teardown_step();
}

void Connection::set_teardown_deadline() {
  const auto left = teardown_->time_left();
  if (!left && !reactor_.is_stopping()) return reactor_.deadlines().clear(deadline_);
  const std::chrono::milliseconds wait = left.value_or(drain_check);
  set_deadline(DeadlineKind::teardown, reactor_.is_stopping() ? std::min(wait, drain_check) : wait);
}

/// While the server stops, a teardown waits only as long as the client has not acknowledged everything: at most our FIN
/// is open then, and waiting on would only hold up the stop.
void Connection::hurry_teardown() {
  if (net::unacknowledged_bytes(stream_.fd()) > 1) return set_teardown_deadline();
  teardown_->stopped();
  after_teardown_step();
}

/// The record follows the deed: what our side does after the last byte of a response must not be late.
void Connection::report_closing() {
  if (closing_reported_) return;
  closing_reported_ = true;
  if (exchange_ != nullptr) report_answered();
  reactor_.shared().recorder.closing(entry_, reason_, mode_);
}

void Connection::after_teardown_step() {
  report_closing();
  switch (teardown_->phase()) {
    case net::TeardownPhase::flushing:
    case net::TeardownPhase::half_closed:
      return;
    case net::TeardownPhase::draining:
    case net::TeardownPhase::paused:
    case net::TeardownPhase::withheld:
    case net::TeardownPhase::leaked:
      release_exchange();
      if (!deadline_.is_set() || deadline_.kind != DeadlineKind::teardown) set_teardown_deadline();
      report_progress();
      if (teardown_->wants_input()) wait_readable();
      return;
    case net::TeardownPhase::closed:
      judge_retry();
      release_exchange();
      reactor_.deadlines().clear(deadline_);
      teardown_->hand_over();
      return reactor_.remove(*this);
  }
}

/// A mode that takes its time is worth a look before it is over.
void Connection::report_progress() {
  if (mode_ == CloseMode::lingering) return;
  const net::EndedConnection& ended = teardown_->connection();
  reactor_.shared().recorder.observed(ended, net::derive_verdict(ended.evidence, accepted_at_),
                                      net::Progress::transitional);
}

/// Bytes that nobody looked at were of a further request, unless they belonged to one that was refused.
void Connection::judge_retry() {
  if (retry_ == Retry::not_needed && !request_missing_) {
    const auto unread = [](const Evidence& e) { return e.fact != Fact::request_unfinished && e.unread > 0; };
    if (std::ranges::any_of(teardown_->connection().evidence, unread)) retry_ = Retry::safe;
  }
  if (retry_ != Retry::not_needed) reactor_.shared().recorder.retry(id_, retry_);
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
  reactor_.shared().recorder.answered(entry_, requests);
  requests.clear();
}

/// Requests whose responses did not get to the kernel in full, and one that was not answered at all.
void Connection::report_unanswered() {
  if (exchange_ == nullptr) return;
  retry_ = std::max(retry_, retry_of_exchange());
  std::vector<RequestRecord>& requests = exchange_->unflushed;
  const bool begun = exchange_->record.number > 0 && exchange_->state.writing == http::Writing::idle;
  if (begun) requests.push_back(std::exchange(exchange_->record, {}));
  const std::uint64_t streamed = exchange_->output.take_streamed();
  if (streamed > 0 && !requests.empty()) requests.back().response_body_bytes = streamed;
  if (!requests.empty()) reactor_.shared().recorder.answered(entry_, requests);
  requests.clear();
}

}  // namespace closelab::server
