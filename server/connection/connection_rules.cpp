#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "net/kernel/tcp_probe.h"
#include "server/connection/connection.h"
#include "server/reactor.h"
#include "server/rules/rule_matcher.h"
#include "server/rules/rule_text.h"

// Rules: arming them, letting them act, and the pauses in which a connection neither reads nor writes.

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

/// How soon the next look at a pause is due. The kernel has no event for an acknowledgement, nor, while input is left
/// unread, for the client's FIN.
milliseconds look_interval(Pause pause) {
  switch (pause) {
    case Pause::acknowledge:
      return milliseconds(1);
    case Pause::stream:
      return milliseconds(200);
    default:
      return milliseconds(20);
  }
}

/// Modes in which close() may send an RST, which would destroy what the client has not acknowledged.
bool may_reset(CloseMode mode) {
  return mode == CloseMode::abortive || mode == CloseMode::immediate || mode == CloseMode::delayed;
}

}  // namespace

Script& Connection::script() {
  if (script_ == nullptr) script_ = std::make_unique<Script>();
  return *script_;
}

/// Before any request only rules can be meant that ask for none.
void Connection::arm_at_accept() {
  const auto rules = reactor_.shared().rules.snapshot();
  for (const auto& booked : *rules) {
    const Rule& rule = booked->rule;
    const bool for_now = rule.at.at == At::accept || (rule.at.at == At::idle && !rule.request && rule.path.empty());
    if (for_now && matches(rule, {id_, 0, {}})) arm(booked, 0);
  }
}

/// A request's head is there: from now on its rules count, up to the first byte of the next request.
void Connection::arm_for_request() {
  const Shared& shared = reactor_.shared();
  if (script_ != nullptr) script_->armed.clear();
  const std::uint64_t number = requests_ + 1;
  if (!shared.rules.empty()) {
    const Place place{id_, number, exchange_->parser.message().path};
    const auto rules = shared.rules.snapshot();
    for (const auto& booked : *rules) {
      if (booked->rule.at.at != At::accept && matches(booked->rule, place)) arm(booked, number);
    }
  }
  if (!shared.options.rules_of_request) return;
  fill_request(number);
  for (Rule& rule : shared.options.rules_of_request(exchange_->request)) {
    if (error_of(rule).empty()) arm(std::make_shared<BookedRule>(0, std::move(rule)), number);
  }
}

void Connection::arm(const std::shared_ptr<BookedRule>& booked, std::uint64_t request_number) {
  const double probability = booked->rule.probability;
  if (probability < 1 && !draws(probability, reactor_.shared().rules.seed(), booked->id, id_, request_number)) return;
  script().armed.push_back({booked});
}

bool Connection::act_on_rules(At at, std::uint64_t bytes, milliseconds idle_for) {
  while (Script::Armed* armed = script_->due(at, bytes, idle_for)) {
    armed->done = true;
    if (!armed->claim()) continue;
    const std::shared_ptr<BookedRule> booked = armed->booked;
    note_fired(*booked);
    perform(*booked);
    if (is_paused()) script_->interrupted = {at, bytes, idle_for};
    if (is_paused() || cut_) return false;
  }
  return true;
}

void Connection::note_fired(const BookedRule& booked) {
  const bool before_its_record = exchange_ != nullptr && exchange_->parser.started() && exchange_->record.number == 0;
  reactor_.shared().recorder.rule_fired(
      id_, {now(), booked.id, requests_ + (before_its_record ? 1 : 0), describe_act(booked.rule)});
}

void Connection::perform(const BookedRule& booked) {
  const At at = booked.rule.at.at;
  if (const auto* close = std::get_if<CloseAction>(&booked.rule.action)) return close_by_rule(close->mode, at);
  if (const auto* delay = std::get_if<DelayAction>(&booked.rule.action)) return pause(Pause::delay, delay->duration);
  if (std::holds_alternative<StallAction>(booked.rule.action)) return pause(Pause::stall);
  if (std::holds_alternative<TruncateAction>(booked.rule.action)) return truncate(at);
  script_->pace = std::get<SlowAction>(booked.rule.action);
  script_->write_after = {};
  if (script_->answering) allow_more();
}

void Connection::close_by_rule(CloseMode mode, At at) {
  if (!is_in_response(at) || !may_reset(mode)) return cut_now(mode, CloseReason::rule);
  script_->pending_mode = mode;
  pause(Pause::acknowledge, reactor_.shared().options.timeouts.write_timeout);
}

void Connection::truncate(At at) {
  if (!is_in_response(at)) {
    script_->truncate_response = true;
    return;
  }
  retry_ = Retry::if_idempotent;
  close_by_rule(mode_, at);
}

/// Only looks whether a request has begun to arrive, so that its bytes are unread when a rule closes.
bool Connection::act_on_next_request() {
  if (exchange_ != nullptr || !script_->has(At::next_request) || stream_.peek() == 0) return true;
  return act(At::next_request);
}

/// Where the response has to stop for rules, and what its head must promise for them.
void Connection::plan_response(http::ResponseFraming& framing) {
  std::optional<std::uint64_t> length;
  if (framing.framing == http::Framing::content_length) length = framing.length;
  if (framing.body == http::ResponseBody::sent) script_->claim_truncations(length);
  script_->answering = script_->watches_response();
  if (!script_->answering) return;
  Output& output = exchange_->output;
  output.begin_response();
  const bool head_stop = script_->truncate_response || script_->has(At::response_headers);
  output.hold_at(head_stop ? 0 : script_->next_stop(At::response_body, 0));
  const auto end = framing.body == http::ResponseBody::sent ? script_->truncation(length) : std::nullopt;
  if (!end) return;
  output.omit_last_chunk();
  if (end == length) ++framing.length;
}

/// The response has come to where a rule waits for it. False when it must not go on.
bool Connection::pass_stop() {
  Output& output = exchange_->output;
  const std::uint64_t position = output.body_position();
  if (position == 0 && script_->truncate_response) {
    truncate(At::response_headers);
    return false;
  }
  if (position == 0 && !act(At::response_headers)) return false;
  if (!act(At::response_body, position)) return false;
  output.hold_at(script_->next_stop(At::response_body, position + 1));
  return true;
}

/// Everything of the response is with the kernel. False when the connection has to wait.
bool Connection::response_sent() {
  if (script_ == nullptr || !std::exchange(script_->answering, false)) return true;
  script_->pace.reset();
  script_->truncate_response = false;
  exchange_->output.allow(std::nullopt);
  return act(At::after_response) || cut_;
}

void Connection::pause(Pause why, milliseconds duration) {
  keep_input();
  // A fault that was asked for must not hold up a server that stops.
  if (why == Pause::delay && reactor_.is_stopping()) duration = milliseconds(0);
  if (exchange_ != nullptr) reactor_.shared().recorder.active(id_);
  script().pause = why;
  script_->pause_until =
      duration == milliseconds::max() ? Script::Clock::time_point::max() : Script::Clock::now() + duration;
  look_again_later();
}

void Connection::look_again_later() {
  const auto next = Script::Clock::now() + look_interval(script_->pause);
  const bool until_then = script_->pause == Pause::delay;
  reactor_.deadlines().set(deadline_, DeadlineKind::pause, until_then ? script_->pause_until : next);
}

/// The next look at a paused connection is due.
void Connection::pause_passed() {
  if (script_->pause == Pause::delay) return go_on();
  if (script_->pause == Pause::acknowledge) return look_for_acknowledgement();
  if (script_->pause == Pause::stall && reactor_.is_stopping()) return stop_paused();
  look_at_client();
}

void Connection::look_for_acknowledgement() {
  const bool over = net::sample_socket(stream_.fd(), net::SampleDepth::state).state == TcpState::closed;
  const bool waits = net::unacknowledged_bytes(stream_.fd()) > 0 && Script::Clock::now() < script_->pause_until;
  if (!over && waits) return look_again_later();
  cut_now(script_->pending_mode, CloseReason::rule);
  tear_down();
}

/// What a client does that nobody reads from shows only in its connection's state. True when it has ended the
/// connection, by RST or, where that is how it is meant, by FIN.
bool Connection::client_has_ended(ClientHalfClose fin) {
  const TcpState state = net::sample_socket(stream_.fd(), net::SampleDepth::state).state;
  if (state == TcpState::closed) {
    client_reset();
    return true;
  }
  if (state != TcpState::close_wait || fin == ClientHalfClose::answer) return false;
  cut_now(mode_, CloseReason::peer_closed);
  tear_down();
  return true;
}

void Connection::look_at_client() {
  if (!client_has_ended(meaning_of_fin())) look_again_later();
}

/// A stall is there for the client to give up; in other pauses it may still want its answer.
ClientHalfClose Connection::meaning_of_fin() const {
  if (script_->pause == Pause::stall) return ClientHalfClose::abort;
  return script_->pause == Pause::stream ? reactor_.shared().options.client_half_close : ClientHalfClose::answer;
}

/// The connection is over: what has arrived before the RST stands in front of the error.
void Connection::client_reset() {
  net::IoResult result;
  do {
    result = stream_.receive(reactor_.read_buffer());
  } while (result.bytes > 0);
  failed(Fact::receive_failed, result.error != 0 ? result.error : ECONNRESET);
}

/// A client whose FIN came while its request waits for its answer (ClientHalfClose::abort).
void Connection::watch_client() {
  if (!client_has_ended(ClientHalfClose::abort)) await_answer();
}

/// The pause is over: the connection goes on where it was.
void Connection::go_on() {
  script_->pause = Pause::none;
  if (!finish_moment()) return proceed();
  if (is_ending() && (exchange_ == nullptr || exchange_->output.empty())) return tear_down();
  if (exchange_ == nullptr) return readable();
  if (exchange_->delayed) respond(*std::exchange(exchange_->delayed, std::nullopt));
  resume();
}

/// The turns of further rules at the moment at which the connection had to wait, and what follows there.
bool Connection::finish_moment() {
  const auto moment = std::exchange(script_->interrupted, std::nullopt);
  if (!moment) return true;
  if (!act(moment->at, moment->bytes, moment->idle_for)) return false;
  const bool begins = moment->at == At::request_headers || (moment->at == At::request_body && moment->bytes == 0);
  return !begins || body_begins();
}

void Connection::reconsider_hold() {
  const bool held = script_ != nullptr && script_->pause == Pause::hold;
  if (held && !reactor_.shared().holds.is_held(id_)) go_on();
}

void Connection::stream_written() {
  if (script_ != nullptr && script_->pause == Pause::stream) go_on();
}

/// Ends what is under way: what has not been sent stays unsent, and what has not been read is not served.
void Connection::cut_now(CloseMode mode, CloseReason reason) {
  reason_ = reason;
  mode_ = mode;
  cut_ = true;
  if (script_ != nullptr) {
    script_->pause = Pause::none;
    script_->interrupted.reset();
  }
  if (has_left_over()) retry_ = std::max(retry_, Retry::safe);
  input_ = {};
  if (exchange_ == nullptr) return;
  if (exchange_->state.reading == http::Reading::body) {
    request_missing_ = exchange_->parser.body_remaining().value_or(0);
  }
  drop_exchange();
}

/// Its requests, served or not, go into the record as they are.
void Connection::drop_exchange() {
  const http::Reading reading = exchange_->state.reading;
  const bool has_head = reading == http::Reading::body || reading == http::Reading::complete;
  if (has_head && exchange_->state.writing == http::Writing::idle && exchange_->record.number == 0) begin_request();
  report_unanswered();
  exchange_->output.reset();
  exchange_->input.clear();
}

/// Whether the client may send again what this exchange leaves without a complete response.
Retry Connection::retry_of_exchange() const {
  if (exchange_ == nullptr) return Retry::not_needed;
  const auto unsent = [](const RequestRecord& request) { return request.answered_at.count() == 0; };
  if (std::ranges::any_of(exchange_->unflushed, unsent)) return Retry::if_idempotent;
  if (!exchange_->parser.started() || exchange_->state.writing != http::Writing::idle) return Retry::not_needed;
  return exchange_->handled ? Retry::if_idempotent : Retry::safe;
}

}  // namespace closelab::server
