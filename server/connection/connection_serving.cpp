#include <algorithm>
#include <exception>
#include <utility>

#include "http/connection_tokens.h"
#include "http/persistence.h"
#include "http/response_writer.h"
#include "server/connection/advertised.h"
#include "server/connection/body_stream.h"
#include "server/connection/connection.h"
#include "server/reactor.h"

// From a complete request to its response.

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t recorded_target = 128;
// Far from where the clock's arithmetic would overflow.
constexpr std::chrono::milliseconds longest_delay = std::chrono::hours(24 * 365);

/// A body that is to be sent in pieces.
BodySource pieces_of(std::string body) {
  return [body = std::move(body), given = std::size_t{0}](std::string& to, std::size_t max) mutable {
    const std::size_t size = std::min(max, body.size() - given);
    to.append(body, given, size);
    given += size;
  };
}

/// `OPTIONS *` asks about the server as a whole, and no handler (RFC 9110 §9.3.7).
Response server_wide_options() { return {.headers = {{"Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"}}}; }

Response text_response(int status, const std::string& text) {
  return Response{.status = status,
                  .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                  .body = std::to_string(status) + ' ' + std::string(reason_phrase(status)) + ": " + text + '\n'};
}

}  // namespace

void Connection::serve() {
  begin_request();
  exchange_->served = true;
  Request& request = exchange_->request;
  fill_request(requests_);
  request.persistence = decide({}, http::BodyEnd::framed);
  if (request.target == "*") return respond(server_wide_options());
  const auto route = reactor_.shared().router.find(request.path);
  if (route == nullptr) return respond(text_response(404, "nothing is served at this path"));
  exchange_->handled = true;
  if (route->async_handler) return hand_over(route->async_handler);
  try {
    respond(route->handler(request));
  } catch (const std::exception& error) {
    answer_failure(std::string("the handler threw: ") + error.what());
  } catch (...) {
    answer_failure("the handler threw");
  }
}

/// What handlers, and rules that come with a request, are shown of it.
void Connection::fill_request(std::uint64_t number) {
  Request& request = exchange_->request;
  request.client = entry_.client();
  request.connection_id = id_;
  request.request_number = number;
}

/// Starts the record of a request, complete or refused.
void Connection::begin_request() {
  const RequestMessage& message = exchange_->parser.message();
  RequestRecord& record = exchange_->record;
  record.connection_id = id_;
  record.number = ++requests_;
  if (exchange_->parser.started()) reactor_.shared().recorder.count_request(entry_);
  record.method = message.method;
  record.target = message.target.substr(0, recorded_target);
  record.version = message.version;
  record.status = 0;
  record.persistence = {};
  record.answered_at = {};
  record.request_body_bytes = exchange_->parser.body_received();
  record.response_body_bytes = 0;
  if (record.received_at.count() == 0) record.received_at = now();
}

void Connection::hand_over(const AsyncHandler& handler) {
  auto deliver = [reactor = reactor_.weak_from_this(), connection = weak_from_this(), number = requests_](
                     Response response, AnswerKind kind) {
    const auto alive = reactor.lock();
    if (alive == nullptr) return;
    alive->post([connection, number, kind, response = std::move(response)]() mutable {
      if (const auto self = connection.lock()) self->answer(number, std::move(response), kind);
    });
  };
  // The request lives in the exchange, so whoever holds the responder holds the exchange.
  const auto state = std::make_shared<Responder::State>(std::shared_ptr<const Request>(exchange_, &exchange_->request),
                                                        std::move(deliver));
  exchange_->responder = state;
  try {
    handler(Responder(state));
  } catch (...) {
    state->answer({}, AnswerKind::failed);
  }
}

void Connection::answer(std::uint64_t number, Response response, AnswerKind kind) {
  if (teardown_ != nullptr || !is_awaiting_answer() || exchange_->record.number != number) {
    return abandon(response);
  }
  if (kind == AnswerKind::failed) {
    answer_failure("the handler went away without answering");
  } else {
    respond(std::move(response));
  }
  resume();
}

void Connection::answer_failure(const std::string& text) {
  send_response(text_response(500, text), {Persistence::Decision::close, CloseReason::handler_error});
}

void Connection::respond(Response&& response) {
  if (response.delay > std::chrono::milliseconds(0)) {
    exchange_->delayed_until = Deadlines::Clock::now() + std::min(response.delay, longest_delay);
    exchange_->delayed = std::move(response);
    exchange_->delayed->delay = {};
    return;
  }
  if (!act(At::before_response)) {
    if (!is_paused()) return abandon(response);
    exchange_->delayed = std::move(response);
    return;
  }
  const auto body_end = framing_of(response).framing == http::Framing::until_close ? http::BodyEnd::connection_close
                                                                                   : http::BodyEnd::framed;
  http::ConnectionTokens tokens = http::collect_connection_tokens(response.headers);
  tokens.close = tokens.close || response.close_mode.has_value();
  const Persistence persistence = decide(tokens, body_end);
  send_response(std::move(response), persistence);
}

/// Answers a request that could not be read; the connection ends (RFC 9112 §9.6: where it is can't be known).
void Connection::refuse_request(int status, const std::string& text, CloseReason reason) {
  begin_request();
  if (exchange_->state.reading != http::Reading::failed) advance(http::ExchangeEvent::read_failed);
  request_missing_ = exchange_->parser.body_remaining().value_or(0);
  send_response(text_response(status, text), {Persistence::Decision::close, reason});
}

http::ResponseFraming Connection::framing_of(const Response& response) const {
  std::optional<std::uint64_t> length = response.body.size();
  if (response.body_source) length = response.content_length;
  if (response.body_stream) length.reset();
  const RequestMessage& message = exchange_->parser.message();
  return http::choose_framing(message.method, response.status, message.version, length);
}

Persistence Connection::decide(http::ConnectionTokens response, http::BodyEnd body_end) const {
  const Options& options = reactor_.shared().options;
  http::PersistenceInputs inputs;
  inputs.request_version = exchange_->parser.message().version;
  inputs.request = exchange_->parser.connection_tokens();
  inputs.response = response;
  inputs.request_number = requests_;
  inputs.request_limit = options.request_limit;
  inputs.response_body = body_end;
  inputs.server = reactor_.is_stopping() ? http::ServerState::stopping : http::ServerState::running;
  return http::decide_persistence(inputs);
}

/// Queues the response; a head that can't be written (a field value with CR or LF) becomes a 500.
void Connection::send_response(Response&& response, Persistence persistence) {
  http::ResponseFraming framing = framing_of(response);
  if (script_ != nullptr) plan_response(framing);
  const http::HeadError fault = write_head(response, framing, persistence);
  if (fault != http::HeadError::none) {
    abandon(response);
    return answer_failure("the handler's response can't be sent: " + std::string(http::describe(fault)));
  }
  advance(http::ExchangeEvent::response_started);
  exchange_->record.status = response.status;
  exchange_->record.persistence = persistence;
  framing.body == http::ResponseBody::sent ? add_body(response, framing) : abandon(response);
  if (persistence.decision == Persistence::Decision::close) {
    mode_ = response.close_mode.value_or(mode_);
    end(persistence.reason);
  }
  if (response.idle_timeout) script().idle_timeout = std::min(*response.idle_timeout, longest_delay);
  finish_exchange();
}

http::HeadError Connection::write_head(const Response& response, const http::ResponseFraming& framing,
                                       const Persistence& persistence) {
  http::ResponseHead head;
  head.status = response.status;
  head.fields = response.headers;
  head.framing = framing;
  head.date = reactor_.date();
  head.persistence = persistence.decision;
  advertise_persistence(head, response);
  head.request_version = exchange_->parser.message().version;
  return http::write_head(exchange_->output.buffer(), head);
}

void Connection::advertise_persistence(http::ResponseHead& head, const Response& response) const {
  const Options& options = reactor_.shared().options;
  const KeepAliveHints hints = response.keep_alive.value_or(options.keep_alive);
  if (hints.when == KeepAliveWhen::asked && !exchange_->parser.connection_tokens().keep_alive) return;
  if (hints.when != KeepAliveWhen::needed) head.keep_alive = http::KeepAliveField::always;
  const auto idle_timeout = response.idle_timeout.value_or(idle_timeout_in_effect());
  head.idle_timeout = advertised<milliseconds>(hints.timeout, idle_timeout);
  std::optional<std::int64_t> left;
  if (options.request_limit)
    left = static_cast<std::int64_t>(*options.request_limit - std::min(requests_, *options.request_limit));
  head.requests_left = advertised<std::int64_t>(hints.max, left);
}

void Connection::add_body(Response& response, const http::ResponseFraming& framing) {
  Output& output = exchange_->output;
  const bool chunked = framing.framing == http::Framing::chunked;
  if (response.body_stream) return add_stream(*response.body_stream, chunked);
  if (response.body_source) {
    return output.add_source(std::move(response.body_source), response.content_length, chunked);
  }
  if (script_ != nullptr && script_->answering) {
    const std::uint64_t size = response.body.size();
    return output.add_source(pieces_of(std::move(response.body)), size, chunked);
  }
  exchange_->record.response_body_bytes = response.body.size();
  output.add_body(std::move(response.body));
}

void Connection::add_stream(const BodyStream& stream, bool chunked) {
  stream.state()->attach([reactor = reactor_.weak_from_this(), connection = weak_from_this()] {
    const auto alive = reactor.lock();
    if (alive == nullptr) return;
    alive->post([connection] {
      if (const auto self = connection.lock()) self->stream_written();
    });
  });
  exchange_->stream = stream;
  exchange_->output.add_stream(stream, chunked);
}

/// It will not be sent: who writes its body must know.
void Connection::abandon(const Response& response) {
  if (response.body_stream) response.body_stream->state()->detach();
}

/// The response is queued: the connection is ready to parse the next request.
void Connection::finish_exchange() {
  advance(http::ExchangeEvent::response_complete);
  if (!is_paused()) reactor_.deadlines().clear(deadline_);
  exchange_->unflushed.push_back(std::move(exchange_->record));
  if (!is_ending()) exchange_->next();
}

}  // namespace closelab::server
