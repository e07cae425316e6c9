#include "server/connection/connection.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "server/connection/body_stream.h"
#include "server/reactor.h"

// What a connection does with bytes that arrive. Serving and ending are in files of their own.

namespace closelab::server {

namespace {

// Pipelined responses are gathered into one write up to this size.
constexpr std::size_t gathered_output = 64 * 1024;
// How soon it is noticed that a client that waits for its answer has closed.
constexpr std::chrono::milliseconds client_look{20};

}  // namespace

Connection::Connection(Reactor& reactor, const net::Accepted& accepted)
    : reactor_(reactor),
      stream_(reactor.ready_set(), accepted.fd, *this),
      accepted_at_(std::chrono::steady_clock::now()),
      entry_(reactor.shared().recorder.accepted(accepted.local, accepted.remote)),
      id_(entry_.id()),
      mode_(reactor.shared().options.close_mode) {
  deadline_.owner = this;
}

void Connection::start() {
  if (!reactor_.shared().rules.empty()) arm_at_accept();
  if (!act(At::accept)) return proceed();
  readable();
}

void Connection::readable() {
  if (is_paused()) return;
  if (teardown_ != nullptr) return drain();
  // A wait from before there was something to write; wait() arms it again.
  if (!may_read()) return;
  if (script_ != nullptr && !act_on_next_request()) return proceed();
  std::span<char> buffer = reactor_.read_buffer();
  if (script_ != nullptr && script_->pace) {
    const auto now = Script::Clock::now();
    if (now < script_->read_after && !reactor_.is_stopping()) {
      return pause(Pause::delay, std::chrono::ceil<std::chrono::milliseconds>(script_->read_after - now));
    }
    script_->read_after = now + script_->pace->every;
    buffer = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), script_->pace->bytes)));
  }
  const net::IoResult result = stream_.receive(buffer);
  if (result.error == EAGAIN) return wait();
  if (result.error != 0) return failed(Fact::receive_failed, result.error);
  if (result.bytes == 0) return received_eof();
  input_ = std::string_view(reactor_.read_buffer().data(), result.bytes);
  proceed();
}

/// The client's FIN. It ends what the client sends, not its interest in the answer (RFC 9112 §9.6).
void Connection::received_eof() {
  end(CloseReason::peer_closed);
  teardown().received_fin();
  if (exchange_ == nullptr || !http::is_receiving(exchange_->state) || !exchange_->parser.started()) return tear_down();
  if (reactor_.shared().options.client_half_close == ClientHalfClose::abort) {
    cut_now(mode_, CloseReason::peer_closed);
    return proceed();
  }
  refuse_request(400, "the client closed before its request was complete", CloseReason::peer_closed);
  proceed();
}

/// After every event: takes in what can be taken, writes what can be written, then waits or ends.
void Connection::proceed() {
  while (true) {
    while (may_serve() || (!input_.empty() && may_read())) may_serve() ? serve() : feed_input();
    if (is_paused()) return keep_input();
    if (!write_output()) return;
    if (is_ending()) return tear_down();
    if (input_.empty() || !may_read()) return wait();
  }
}

/// Goes on with bytes that were read before the connection had to wait.
void Connection::resume() {
  const std::string kept = std::exchange(exchange_->input, {});
  input_ = kept;
  proceed();
}

/// Nothing is taken in while a request waits for its answer or a response for the client, which is what bounds
/// a connection's memory; and nothing ever after the request that ends the connection (RFC 9112 §9.6).
bool Connection::may_read() const {
  if (is_ending() || is_paused()) return false;
  if (exchange_ == nullptr) return true;
  if (script_ != nullptr && script_->answering) return false;
  // A rule that may cut the connection there must not take earlier responses with it.
  if (script_ != nullptr && script_->has(At::next_request) && !exchange_->output.empty()) return false;
  if (is_awaiting_answer() || exchange_->output.has_body()) return false;
  // A rule for the next request must not destroy the response to this one.
  const Shared& shared = reactor_.shared();
  const bool has_rules = !shared.rules.empty() || shared.options.rules_of_request;
  return has_rules ? exchange_->output.empty() : exchange_->output.buffer().size() < gathered_output;
}

/// A request is complete, and no handler has seen it yet.
bool Connection::may_serve() const {
  return is_awaiting_answer() && !exchange_->served && !is_paused() && !is_ending();
}

bool Connection::is_awaiting_answer() const {
  return exchange_ != nullptr && exchange_->state.reading == http::Reading::complete &&
         exchange_->state.writing == http::Writing::idle;
}

void Connection::feed_input() {
  if (exchange_ == nullptr) exchange_ = reactor_.exchanges().take();
  if (exchange_->state.reading == http::Reading::idle) {
    if (!act(At::next_request)) return;
    if (script_ != nullptr) script_->forget_request();
    advance(http::ExchangeEvent::first_byte);
  }
  const http::RequestParser::Step step = exchange_->parser.feed(input_up_to_rule());
  input_.remove_prefix(step.consumed);
  switch (step.event) {
    case http::RequestParser::Event::need_more:
      if (script_ != nullptr) act(At::request_body, exchange_->parser.body_received());
      return;
    case http::RequestParser::Event::head:
      return head_received();
    case http::RequestParser::Event::message:
      return message_received();
    case http::RequestParser::Event::error:
      advance(http::ExchangeEvent::read_failed);
      const http::ParseError& error = exchange_->parser.error();
      return refuse_request(error.status, error.text, CloseReason::protocol_error);
  }
}

/// A rule in the middle of a body acts when exactly so much of it has been read.
std::string_view Connection::input_up_to_rule() const {
  if (script_ == nullptr || exchange_->state.reading != http::Reading::body) return input_;
  const std::uint64_t received = exchange_->parser.body_received();
  const auto stop = script_->next_stop(At::request_body, received + 1);
  return stop ? input_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(*stop - received, input_.size())))
              : input_;
}

void Connection::message_received() {
  const bool had_no_body = exchange_->state.reading == http::Reading::head;
  advance(http::ExchangeEvent::message_complete);
  if (had_no_body) {
    exchange_->record.received_at = now();
    arm_for_request();
    if (!act(At::request_headers)) return;
  }
  act(At::request_body, exchange_->parser.body_received());
}

void Connection::head_received() {
  advance(http::ExchangeEvent::head_complete);
  exchange_->record.received_at = now();
  arm_for_request();
  if (act(At::request_headers)) body_begins();
}

/// Behind the head, and the rules there. False when a rule has ended the connection or made it wait.
bool Connection::body_begins() {
  if (!act(At::request_body, 0)) return false;
  const bool waited_for = exchange_->state.reading == http::Reading::body && exchange_->parser.expects_continue();
  if (waited_for && !has_left_over()) http::write_continue(exchange_->output.buffer());
  return true;
}

/// False when the connection has to wait for the client to take what is queued, or is over.
bool Connection::write_output() {
  if (exchange_ == nullptr || exchange_->output.empty()) return true;
  Output& output = exchange_->output;
  const std::uint64_t before = output.written();
  if (script_ != nullptr && script_->pace) allow_more();
  const Shared& shared = reactor_.shared();
  // A FIN that follows at once shares the last segment. Not with an RST: it would destroy what was held back.
  const bool may_wait = (script_ != nullptr && script_->answering) || shared.holds.is_held(id_);
  const bool at_once = mode_ == CloseMode::lingering || mode_ == CloseMode::immediate;
  const bool fin_follows = is_ending() && at_once && !shared.options.socket.linger && !may_wait;
  if (!exchange_->unflushed.empty()) shared.recorder.answering(entry_, exchange_->unflushed);
  switch (output.write(stream_, fin_follows ? net::MoreToCome::yes : net::MoreToCome::no)) {
    case Output::Result::flushed:
      note_answered();
      if (!is_ending()) report_answered();
      return response_sent();
    case Output::Result::held:
      return pass_stop() ? write_output() : cut_;
    case Output::Result::paced:
      pause(Pause::delay, std::chrono::ceil<std::chrono::milliseconds>(script_->write_after - Script::Clock::now()));
      return false;
    case Output::Result::starved:
      pause(Pause::stream);
      return false;
    case Output::Result::blocked:
      wait_for_client(output.written() > before);
      return false;
    case Output::Result::failed:
      failed(Fact::send_failed, output.error());
      return false;
    case Output::Result::incomplete:
      end_incomplete();
      return false;
  }
  return false;
}

/// What `slow` lets through, once in its interval however often there is something to write.
void Connection::allow_more() {
  const auto now = Script::Clock::now();
  if (now < script_->write_after && !reactor_.is_stopping()) return;
  exchange_->output.allow(script_->pace->bytes);
  script_->write_after = now + script_->pace->every;
}

void Connection::wait_for_client(bool progress) {
  keep_input();
  reactor_.shared().recorder.active(id_);
  if (progress || deadline_.kind != DeadlineKind::write || !deadline_.is_set()) {
    client_takes();
    set_deadline(DeadlineKind::write, reactor_.shared().options.timeouts.write_timeout);
  }
  wait_writable();
}

/// Has the client acknowledged something since the last call? A slow one does so for long before its socket counts
/// as writable again, which takes a third of the send buffer.
bool Connection::client_takes() {
  const std::uint64_t taken = exchange_->output.written() - net::unacknowledged_bytes(stream_.fd());
  return std::exchange(exchange_->taken, taken) != taken;
}

void Connection::keep_input() {
  if (!input_.empty()) exchange_->input.assign(input_);
  input_ = {};
}

/// Nothing more can be done until the client sends, or the handler answers.
void Connection::wait() {
  if (is_awaiting_answer()) return await_answer();
  if (exchange_ == nullptr || !exchange_->parser.started()) return become_idle();
  const Timeouts& timeouts = reactor_.shared().options.timeouts;
  const bool in_head = exchange_->state.reading == http::Reading::head;
  const DeadlineKind kind = in_head ? DeadlineKind::header : DeadlineKind::body;
  // Set once for the whole head, once for the whole body: bytes that trickle in buy no time.
  if (!deadline_.is_set() || deadline_.kind != kind) {
    set_deadline(kind, in_head ? timeouts.header_timeout : timeouts.body_timeout);
    reactor_.shared().recorder.active(id_);
  }
  wait_readable();
}

void Connection::await_answer() {
  keep_input();
  reactor_.shared().recorder.active(id_);
  const auto delayed_until = exchange_->delayed ? exchange_->delayed_until : Deadlines::Clock::time_point::max();
  const auto next_look = Deadlines::Clock::now() + client_look;
  if (reactor_.shared().options.client_half_close == ClientHalfClose::abort && next_look < delayed_until) {
    reactor_.deadlines().set(deadline_, DeadlineKind::watch, next_look);
  } else if (exchange_->delayed) {
    reactor_.deadlines().set(deadline_, DeadlineKind::delay, delayed_until);
  } else {
    reactor_.deadlines().clear(deadline_);
  }
}

void Connection::become_idle() {
  if (reactor_.is_stopping()) return end_idle(CloseReason::server_stop);
  // Empty lines before a request leave the parser in the middle of something, and buy no time either.
  const bool between_lines = exchange_ != nullptr && exchange_->state.reading == http::Reading::head;
  if (!between_lines) release_exchange();
  if (!has_idle_deadline()) {
    if (script_ != nullptr) script_->idle_since = Script::Clock::now();
    set_idle_deadline();
    if (requests_ > 0) reactor_.shared().recorder.idle(entry_);
  }
  wait_readable();
}

bool Connection::has_idle_deadline() const {
  return deadline_.is_set() && (deadline_.kind == DeadlineKind::idle || deadline_.kind == DeadlineKind::idle_rule);
}

std::chrono::milliseconds Connection::idle_timeout_in_effect() const {
  const std::chrono::milliseconds general = reactor_.shared().options.timeouts.idle_timeout;
  return script_ != nullptr ? script_->idle_timeout.value_or(general) : general;
}

/// The idle timeout, or a rule that acts before it.
void Connection::set_idle_deadline() {
  const std::chrono::milliseconds longest = idle_timeout_in_effect();
  if (script_ == nullptr) return set_deadline(DeadlineKind::idle, longest);
  const auto rule = script_->next_idle();
  const bool rule_first = rule && *rule < longest;
  reactor_.deadlines().set(deadline_, rule_first ? DeadlineKind::idle_rule : DeadlineKind::idle,
                           script_->idle_since + (rule_first ? *rule : longest));
}

void Connection::release_exchange() {
  if (exchange_ == nullptr) return;
  if (exchange_->stream) exchange_->stream->state()->detach();
  if (exchange_->delayed) abandon(*exchange_->delayed);
  if (const auto responder = exchange_->responder.lock()) responder->abandon();
  reactor_.exchanges().give_back(std::move(exchange_));
}

void Connection::wait_readable() {
  if (const int error = stream_.wait_readable(); error != 0) failed(Fact::receive_failed, error);
}

void Connection::wait_writable() {
  if (const int error = stream_.wait_writable(); error != 0) failed(Fact::send_failed, error);
}

void Connection::stream_ready() {
  const auto self = shared_from_this();
  // An answer that came meanwhile may have found room, flushed everything, and left the connection idle.
  if (stream_.take_writable() && exchange_ != nullptr) resume();
  if (stream_.take_readable()) readable();
}

void Connection::set_deadline(DeadlineKind kind, std::chrono::milliseconds from_now) {
  reactor_.deadlines().set(deadline_, kind, std::chrono::steady_clock::now() + from_now);
}

void Connection::advance(http::ExchangeEvent event) {
  const auto next = http::advance(exchange_->state, event);
  assert(next && "an event that the exchange does not know in this state");
  if (next) exchange_->state = *next;
}

}  // namespace closelab::server
