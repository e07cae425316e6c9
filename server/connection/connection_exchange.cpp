#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "server/connection/connection.h"
#include "server/connection/fixed_limits.h"
#include "server/connection/said.h"
#include "server/text/longest_time.h"

// From the bytes of a request to those of its answer.

namespace closelab::server {
namespace {

using std::chrono::milliseconds;
using Clock = Deadlines::Clock;
using Kind = Step::Kind;

/// Lets other threads have something done to a connection, as long as it and its reactor live.
auto poster(ConnectionHost& host, std::weak_ptr<Connection> connection) {
  return [host = host.weak_from_this(), connection = std::move(connection)](auto job) {
    const auto alive = host.lock();
    if (alive == nullptr) return;
    alive->post([connection, job = std::move(job)]() mutable {
      if (const auto self = connection.lock()) act_on(self, job);
    });
  };
}

/// The request lives in the exchange, so whoever holds the responder holds the exchange.
void hand_over(const AsyncHandler& handler, const std::shared_ptr<Exchange>& exchange, ConnectionHost& host,
               std::weak_ptr<Connection> connection) {
  auto deliver = [post = poster(host, std::move(connection)), number = exchange->record.number](Response response,
                                                                                                AnswerKind kind) {
    post([number, kind, response = std::move(response)](Connection& self) mutable {
      self.answer(number, std::move(response), kind);
    });
  };
  const auto state = std::make_shared<Responder::State>(std::shared_ptr<const Request>(exchange, &exchange->request),
                                                        std::move(deliver));
  exchange->responder = state;
  try {
    handler(Responder(state));
  } catch (...) {
    state->answer({}, AnswerKind::failed);
  }
}

/// Is a request being read that would take more than the server may hold?
bool must_refuse_more(const ConnectionHost& host, Stage stage, const Exchange* exchange) {
  if (stage != Stage::head && stage != Stage::body) return false;
  return !host.shared().held->has_room(exchange->counted, exchange->memory());
}

/// What is handed over is told with the end or the idle wait, where that follows at once.
bool is_told_now(Stage stage, std::string_view input, const RuleRunner& rules) {
  const bool waits = stage == Stage::idle && input.empty() && !rules.any();
  return stage != Stage::finishing && !waits;
}

/// Why the connection ends after an answer, if that is decided: an early one where nobody may know whether the rest of
/// the request follows, or that can't be read (RFC 9110 §10.1.1).
CloseReason decided_for(const Exchange& exchange, Stage stage, CloseReason decided) {
  if (decided != CloseReason::none || stage != Stage::body) return decided;
  const bool is_unread = exchange.parser.refuses_length() || (exchange.owes_continue && !exchange.said);
  return is_unread ? CloseReason::body_unread : CloseReason::none;
}

}  // namespace

void Connection::stream_ready() {
  act_on(shared_from_this(), [](Connection& self) {
    // An answer that came meanwhile may have found room, flushed everything, and left the connection idle.
    if (self.stream_.take_writable() && self.exchange_ != nullptr) self.resume();
    if (self.stream_.take_readable()) self.readable();
    if (self.stream_.take_end() && self.state_.stage != Stage::ending) self.notice_client();
  });
}

void Connection::readable() {
  if (state_.stage == Stage::ending) return drain();
  // A wait from before there was something to write; waiting arms it again.
  if (!may_read()) return;
  // Only looks whether a request has begun to arrive, so that its bytes are unread when a rule closes.
  const bool may_be_rule = rules_.waits_for(At::next_request) || rules_.is_behind(host_.shared().rules);
  const bool rule_next = exchange_ == nullptr && may_be_rule && net::unread_bytes(stream_.fd()) > 0;
  if (rule_next && act({At::next_request, 0, waiting_.idle_for()}) != Kind::go_on) return proceed();
  std::span<char> buffer = host_.read_buffer();
  if (rules_.is_slow() && !host_.is_stopping()) {
    std::size_t most = buffer.size();
    const milliseconds later = rules_.until_read(Clock::now(), most);
    if (later > milliseconds(0)) return void(take(Event::rule_waits, {.wait = Wait::delay, .duration = later}));
    buffer = buffer.first(most);
  }
  if (exchange_ != nullptr) exchange_->heads_at = {};
  const net::IoResult result = stream_.receive(buffer);
  if (result.error == EAGAIN) return proceed();
  if (result.error != 0) return fail(net::IoCall::receive, result.error);
  if (result.bytes > 0) {
    input_ = std::string_view(buffer.data(), result.bytes);
    if (rules_.is_slow()) report_.paced(Sender::client, result.bytes, report_.now());
  } else {
    end_.begin(host_, stream_, report_).received_fin();
    take(Event::received_fin);
  }
  proceed();
}

/// After every event: takes in what can be taken, writes what can be written, then waits or ends.
void Connection::proceed() {
  while (state_.stage != Stage::ending) {
    while (state_.pause == Wait::none) {
      const bool unseen = state_.stage == Stage::answering && exchange_->answer == Exchange::Answer::none;
      if (!unseen && (input_.empty() || !may_read())) break;
      unseen ? serve() : feed();
    }
    if (state_.pause != Wait::none) return keep(input_, exchange_.get());
    if (write_output() == Kind::wait || state_.stage == Stage::ending) return;
    if (state_.stage == Stage::finishing) return tear_down();
    if (!input_.empty() && may_read()) continue;
    if (must_refuse_more(host_, state_.stage, exchange_.get()) && take(Event::no_memory) == Kind::end) continue;
    // An idle connection that the server's stop ends comes back here.
    if (take(Event::out_of_input) == Kind::wait) return;
  }
}

/// Goes on with bytes that were read before the connection had to wait; there are none if what came in between ended
/// it.
void Connection::resume() {
  if (exchange_ == nullptr) return proceed();
  const std::string kept = std::exchange(exchange_->input, {});
  exchange_->heads_at = {};
  input_ = kept;
  proceed();
}

/// Nothing is taken in while a request waits for its answer or a response for the client, which is what bounds
/// a connection's memory; and nothing ever after the request that ends the connection (RFC 9112 §9.6).
bool Connection::may_read() const {
  if (state_.stage >= Stage::answering || state_.pause != Wait::none) return false;
  if (exchange_ == nullptr) return true;
  const Output& output = exchange_->output;
  if (rules_.watches_response() || output.has_body()) return false;
  // A rule for the next request must not destroy the response to this one.
  const Shared& shared = host_.shared();
  const bool has_rules = !shared.rules.empty() || shared.options.rules_of_request;
  if (has_rules || rules_.waits_for(At::next_request)) return output.empty();
  return output.gathered() < gathered_output;
}

/// What has been read, and not been taken in.
void Connection::feed() {
  if (exchange_ == nullptr) exchange_ = host_.exchanges().take();
  if (state_.stage == Stage::idle) {
    if (act({At::next_request}) != Kind::go_on) return;
    rules_.forget_request();
    take(Event::first_byte);
  }
  std::string_view bytes = input_;
  // A rule in the middle of a body acts when exactly so much of it has been read.
  const std::uint64_t received = exchange_->parser.body_received();
  if (state_.stage == Stage::body) {
    if (const auto stop = rules_.next_stop(At::request_body, received + 1)) bytes = bytes.substr(0, *stop - received);
  }
  const http::RequestParser::Step step = exchange_->parser.feed(bytes);
  input_.remove_prefix(step.consumed);
  if (state_.stage == Stage::empty_lines && exchange_->parser.started()) take(Event::request_begins);
  parsed(step.event);
}

void Connection::parsed(http::RequestParser::Event event) {
  switch (event) {
    case http::RequestParser::Event::need_more:
      break;
    case http::RequestParser::Event::head:
      take(Event::head_complete);
      if (head_complete() == Kind::go_on) body_begins(At::request_headers);
      return;
    case http::RequestParser::Event::message: {
      const bool had_no_body = state_.stage == Stage::head;
      take(Event::request_complete);
      if (exchange_->answer == Exchange::Answer::queued) {
        // It was answered early: this was the rest, which is dropped.
        report_.body_received(*exchange_);
        take(Event::answered);
        return exchange_->next();
      }
      if (!had_no_body) exchange_->record.body_received_at = report_.now();
      if (had_no_body && head_complete() != Kind::go_on) return;
      break;
    }
    case http::RequestParser::Event::error:
      if (!exchange_->parser.refuses_length()) return void(take(Event::request_refused));
      // Rules and handlers may answer in its place.
      take(Event::head_complete);
      if (head_complete() == Kind::go_on) body_begins(At::request_headers);
      return;
  }
  act({At::request_body, exchange_->parser.body_received()});
}

/// From now on the request's rules count.
Kind Connection::head_complete() {
  if (exchange_->heads_at.count() == 0) exchange_->heads_at = report_.now();
  exchange_->record.received_at = exchange_->heads_at;
  const Shared& shared = host_.shared();
  const std::uint64_t number = report_.requests() + 1;
  std::vector<Rule> own;
  if (shared.options.rules_of_request) {
    exchange_->describe(report_.client(), id(), number);
    own = shared.options.rules_of_request(exchange_->request);
  }
  if (rules_.any() || !own.empty() || !shared.rules.empty()) {
    const RequestMessage& message = exchange_->parser.message();
    rules_.arm_for_request(shared.rules, {id(), number, message.path, message.method}, std::move(own));
  }
  return act({At::request_headers});
}

/// After the head, and the rules there, or at a later moment, whose rules have acted.
Kind Connection::body_begins(At after) {
  const bool expects = exchange_->parser.expects_continue();
  if (after < At::expect && expects) {
    if (const Kind acted = act({At::expect}); acted != Kind::go_on) return acted;
  }
  if (after < At::request_body) {
    if (const Kind acted = act({At::request_body, 0}); acted != Kind::go_on) return acted;
  }
  if (exchange_->answer != Exchange::Answer::none) return Kind::go_on;
  const RuleRunner::Continue decided = expects ? rules_.take_continue() : RuleRunner::Continue::theirs;
  // What has begun to come needs no 100 (RFC 9110 §10.1.1).
  const bool is_awaited = decided == RuleRunner::Continue::ours && left_over(input_, exchange_.get()).empty() &&
                          net::unread_bytes(stream_.fd()) == 0;
  exchange_->owes_continue = is_awaited || decided == RuleRunner::Continue::late;
  if (const Kind kind = answer_early(answer_from_head(host_, report_, waiting_, *exchange_)); kind != Kind::go_on)
    return kind;
  if (exchange_->answer != Exchange::Answer::none) return Kind::go_on;
  if (exchange_->parser.refuses_length()) return take(Event::request_refused);
  if (std::exchange(exchange_->owes_continue, false)) {
    http::write_continue(exchange_->output.buffer());
    exchange_->record.continued_at = report_.now();
  }
  return Kind::go_on;
}

void Connection::serve() {
  report_.request_begins(*exchange_);
  exchange_->answer = Exchange::Answer::routed;
  Request& request = exchange_->request;
  exchange_->describe(report_.client(), id(), report_.requests());
  request.persistence = persistence_after(*exchange_, settings_for(host_, report_, waiting_));
  if (exchange_->said) return respond(response_of(*exchange_->said));
  const auto& drain = host_.drain();
  if (drain && drain->options.status) return respond(text_response(*drain->options.status, "the server drains"));
  if (request.target == "*") return respond(server_wide_options());
  const auto route = host_.routes().find(request.path);
  if (route == nullptr) return respond(not_found());
  exchange_->answer = Exchange::Answer::by_handler;
  if (route->async_handler) return hand_over(route->async_handler, exchange_, host_, weak_from_this());
  HandlerAnswer answer = run_handler(host_, *route, request);
  answer.decided == CloseReason::none ? respond(std::move(answer.response))
                                      : send_response(std::move(answer.response), answer.decided);
}

void Connection::answer(std::uint64_t number, Response response, AnswerKind kind) {
  if (state_.stage != Stage::answering || exchange_->record.number != number) return abandon(response);
  if (kind == AnswerKind::interim) {
    const bool is_known = exchange_->parser.message().version != Version::http_1_0;
    if (is_known) http::write_interim(exchange_->output.buffer(), response.status, response.headers);
  } else if (kind == AnswerKind::failed) {
    send_response(failure("the handler went away without answering"), CloseReason::handler_error);
  } else {
    respond(std::move(response));
  }
  resume();
}

void Connection::respond(Response&& response) {
  if (response.delay > milliseconds(0)) {
    exchange_->delayed_until = Clock::now() + bounded(response.delay);
    response.delay = {};
    exchange_->delayed = std::move(response);
    return;
  }
  switch (act({At::before_response})) {
    case Kind::go_on:
      if (exchange_->said) {
        abandon(response);
        response = response_of(*exchange_->said);
      }
      return send_response(std::move(response));
    case Kind::wait:
      exchange_->delayed = std::move(response);
      return;
    case Kind::end:
      return abandon(response);
  }
}

/// Queues the response; a head that can't be written (a field value with CR or LF) becomes a 500.
void Connection::send_response(Response&& response, CloseReason decided) {
  if (response.close_mode > CloseMode::never) {
    abandon(response);
    return send_response(failure("the handler's response has a close_mode that there is none of"),
                         CloseReason::handler_error);
  }
  if (decided == CloseReason::none && !may_answer(host_, *exchange_, response)) {
    response = text_response(503, refusal_text(Event::no_memory, host_.shared().options, {}));
    decided = CloseReason::memory_limit;
  }
  if (decided != CloseReason::none) exchange_->said.reset();
  AnswerSettings settings = settings_for(host_, report_, waiting_, decided_for(*exchange_, state_.stage, decided));
  settings.date = host_.date();
  http::ResponseFraming framing = framing_of(*exchange_, response);
  Persistence persistence = persistence_after(*exchange_, settings, response, framing);
  const Persistence::Decision ours = persistence.decision;
  const std::optional<std::string> announced = rules_.take_announcement();
  const std::string lines = announced ? announced_lines(*announced) : "";
  if (announced) settings.connection_lines = lines;
  if (rules_.closes_behind_response() && ours == Persistence::Decision::keep)
    persistence = {Persistence::Decision::close, CloseReason::rule};
  exchange_->record.answer_spoiled = rules_.plan_response(framing, exchange_->output);
  const http::HeadError error = queue_head(*exchange_, response, framing, persistence, settings);
  if (error != http::HeadError::none) {
    abandon(response);
    return send_response(failure("the handler's response can't be sent: " + std::string(http::describe(error))),
                         CloseReason::handler_error);
  }
  if (ends_with_connection(framing, response.status)) report_.ends_with_connection(exchange_->record.number);
  if (response.body_stream && framing.body == http::ResponseBody::sent) {
    auto wake_up = [post = poster(host_, weak_from_this())] {
      post([](Connection& self) { self.reconsider(Wait::stream); });
    };
    queue_stream(*exchange_, *response.body_stream, framing, std::move(wake_up), host_.shared().held);
  } else {
    queue_body(*exchange_, response, framing, rules_.watches_response() ? BodyPieces::any : BodyPieces::whole);
  }
  if (response.idle_timeout) waiting_.set_idle_timeout(bounded(*response.idle_timeout));
  if (state_.pause == Wait::none) waiting_.end();
  note_queued(*exchange_, response.status, persistence);
  // A request that was refused has ended the connection already.
  if (state_.stage != Stage::answering && state_.stage != Stage::body) return;
  const bool early = state_.stage == Stage::body;
  if (ours == Persistence::Decision::close) {
    take(Event::answered_last, {.mode = response.close_mode, .reason = persistence.reason});
  } else {
    take(Event::answered);
    if (!early) exchange_->next();
  }
}

/// Hands over what the kernel takes.
Kind Connection::write_output() {
  if (exchange_ == nullptr || exchange_->output.empty()) return Kind::go_on;
  const Shared& shared = host_.shared();
  Output& output = exchange_->output;
  if (rules_.is_slow() && host_.is_stopping()) output.allow({});
  const bool is_piece = rules_.is_slow() && !host_.is_stopping() && rules_.allow_more(Clock::now(), output);
  report_.answering(*exchange_);
  const bool may_wait = rules_.watches_response() || shared.holds.is_held(id());
  const bool fin_follows = state_.stage == Stage::finishing && end_.sends_fin_at_once(shared.options) && !may_wait;
  // Looked at before, not after: the client may act on the last byte before this thread runs on.
  const std::chrono::nanoseconds at = report_.now();
  const std::uint64_t sent = stream_.sent();
  const Output::Result result = output.write(stream_, fin_follows ? net::MoreToCome::yes : net::MoreToCome::no);
  if (is_piece) rules_.piece_sent(Clock::now());
  if (is_piece && stream_.sent() > sent) report_.paced(Sender::server, stream_.sent() - sent, at);
  switch (result) {
    case Output::Result::held:
      if (const Kind passed = pass_stop(); passed != Kind::go_on) return passed;
      if (!output.empty()) return write_output();
      // It was held at its very end.
      [[fallthrough]];
    case Output::Result::flushed:
      Report::note_answered(*exchange_, at, stream_.sent());
      if (is_told_now(state_.stage, input_, rules_)) report_.answered(*exchange_);
      if (rules_.response_sent(output)) {
        const Kind kind = act({At::after_response});
        return kind == Kind::go_on && !output.empty() ? write_output() : kind;
      }
      return Kind::go_on;
    case Output::Result::paced:
      return take(Event::rule_waits, {.wait = Wait::delay, .duration = rules_.until_write(Clock::now())});
    case Output::Result::starved:
      return take(Event::starved);
    case Output::Result::blocked:
      return take(Event::blocked);
    case Output::Result::failed:
      fail(net::IoCall::send, output.error());
      return Kind::end;
    case Output::Result::incomplete:
      return take(Event::answer_incomplete);
  }
  return Kind::end;
}

}  // namespace closelab::server
