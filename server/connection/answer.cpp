#include "server/connection/answer.h"

#include <algorithm>
#include <utility>

#include "http/connection_tokens.h"
#include "server/connection/advertised.h"
#include "server/connection/body_stream.h"
#include "server/connection/said.h"
#include "server/text/longest_time.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

/// What the Keep-Alive field says.
void advertise(http::ResponseHead& head, const Exchange& exchange, const Response& response,
               const AnswerSettings& settings) {
  const KeepAliveHints hints = response.keep_alive.value_or(settings.options.keep_alive);
  if (hints.when == KeepAliveWhen::asked && !exchange.parser.connection_tokens().keep_alive) return;
  if (hints.when != KeepAliveWhen::needed) head.keep_alive = http::KeepAliveField::always;
  head.idle_timeout =
      advertised<milliseconds>(hints.timeout, bounded(response.idle_timeout.value_or(settings.idle_timeout)));
  std::optional<std::int64_t> left;
  if (const auto limit = settings.options.request_limit) {
    const std::uint64_t more = *limit - std::min(settings.request_number, *limit);
    left = static_cast<std::int64_t>(std::min<std::uint64_t>(more, most_advertised<std::int64_t>));
  }
  head.requests_left = advertised<std::int64_t>(hints.max, left);
}

/// What persistence depends on, but for the response.
http::PersistenceInputs known_inputs(const Exchange& exchange, const AnswerSettings& settings) {
  http::PersistenceInputs inputs;
  inputs.decided = settings.decided;
  inputs.request_version = exchange.parser.message().version;
  inputs.request = exchange.parser.connection_tokens();
  inputs.request_number = settings.request_number;
  inputs.request_limit = settings.options.request_limit;
  inputs.server = settings.server;
  return inputs;
}

std::string late_text(std::string_view what, std::string_view timeout, milliseconds value) {
  return std::string(what) + " did not arrive within " + std::string(timeout) + " (" + std::to_string(value.count()) +
         " ms)";
}

}  // namespace

std::string refusal_text(Event event, const Options& options, const http::ParseError& error) {
  const Timeouts& timeouts = options.timeouts;
  switch (event) {
    case Event::no_room:
      return "max_connections (" + std::to_string(options.max_connections) + ") connections are open";
    case Event::no_memory:
      return "the server holds as much for its clients as it may (held_bytes)";
    case Event::header_timeout:
      return late_text("the request's head", "header_timeout", timeouts.header_timeout);
    case Event::body_timeout:
      return late_text("the request's body", "body_timeout", timeouts.body_timeout);
    case Event::received_fin:
      return "the client closed before its request was complete";
    default:
      return error.text;
  }
}

Response text_response(int status, const std::string& text) {
  return Response{.status = status,
                  .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                  .body = std::to_string(status) + ' ' + std::string(reason_phrase(status)) + ": " + text + '\n'};
}

Response server_wide_options() { return {.headers = {{"Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"}}}; }

http::ResponseFraming framing_of(const Exchange& exchange, const Response& response) {
  if (exchange.said) return framing_of(*exchange.said, exchange.parser.message().method);
  std::optional<std::uint64_t> length = response.body.size();
  if (response.body_source) length = response.content_length;
  if (response.body_stream) length.reset();
  const RequestMessage& message = exchange.parser.message();
  return http::choose_framing(message.method, response.status, message.version, length);
}

bool ends_with_connection(const http::ResponseFraming& framing, int status) {
  const bool is_delimited =
      framing.framing == http::Framing::content_length || framing.framing == http::Framing::chunked;
  return !is_delimited && framing.body == http::ResponseBody::sent && status != 204 && status != 304;
}

Persistence persistence_after(const Exchange& exchange, const AnswerSettings& settings) {
  return http::decide_persistence(known_inputs(exchange, settings));
}

Persistence persistence_after(const Exchange& exchange, const AnswerSettings& settings, const Response& response,
                              const http::ResponseFraming& framing) {
  http::PersistenceInputs inputs = known_inputs(exchange, settings);
  inputs.response = http::collect_connection_tokens(response.headers);
  inputs.response.close = inputs.response.close || response.close_mode.has_value();
  const bool until_close = framing.framing == http::Framing::until_close;
  inputs.response_body = until_close ? http::BodyEnd::connection_close : http::BodyEnd::framed;
  return http::decide_persistence(inputs);
}

http::HeadError queue_head(Exchange& exchange, const Response& response, const http::ResponseFraming& framing,
                           const Persistence& persistence, const AnswerSettings& settings) {
  http::ResponseHead head;
  head.status = response.status;
  head.fields = response.headers;
  head.framing = framing;
  head.date = settings.date;
  head.persistence = persistence.decision;
  advertise(head, exchange, response, settings);
  head.request_version = exchange.parser.message().version;
  if (exchange.said) shape_head(head, *exchange.said);
  head.connection_lines = settings.connection_lines;
  return http::write_head(exchange.output.buffer(), head);
}

void queue_stream(Exchange& exchange, const BodyStream& stream, const http::ResponseFraming& framing,
                  std::function<void()> wake_up, std::shared_ptr<HeldBytes> held) {
  stream.state()->attach(std::move(wake_up), std::move(held));
  exchange.stream = stream;
  exchange.output.add_stream(stream, framing.framing == http::Framing::chunked);
}

void queue_body(Exchange& exchange, Response& response, const http::ResponseFraming& framing, BodyPieces pieces) {
  if (framing.body != http::ResponseBody::sent) return abandon(response);
  Output& output = exchange.output;
  const bool chunked = framing.framing == http::Framing::chunked;
  if (response.body_source) {
    return output.add_source(std::move(response.body_source), response.content_length, chunked);
  }
  if (chunked && exchange.said) output.set_trailers(exchange.said->trailers);
  if (pieces == BodyPieces::any || chunked) return output.add_pieces(std::move(response.body), chunked);
  exchange.record.response_body_bytes = response.body.size();
  output.add_body(std::move(response.body));
}

void note_queued(Exchange& exchange, int status, const Persistence& persistence) {
  RequestRecord& record = exchange.record;
  record.status = status;
  record.persistence = persistence;
  record.seen_by = exchange.answer == Exchange::Answer::by_handler ? SeenBy::handler : SeenBy::server;
  if (exchange.said && misleads(*exchange.said, exchange.parser.message().method)) record.answer_spoiled = true;
  exchange.answer = Exchange::Answer::queued;
  exchange.unflushed.push_back(std::move(record));
}

}  // namespace closelab::server
