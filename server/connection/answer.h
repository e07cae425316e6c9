#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "closelab/handler.h"
#include "closelab/options.h"
#include "http/persistence.h"
#include "http/response_writer.h"
#include "server/connection/exchange.h"
#include "server/connection/lifecycle.h"

namespace closelab::server {

/// From a response to the bytes that are queued for it.

/// What an answer depends on beside the exchange.
struct AnswerSettings {
  const Options& options;
  std::string_view date;
  /// Its connection counts them.
  std::uint64_t request_number = 0;
  std::chrono::milliseconds idle_timeout{};
  http::ServerState server = http::ServerState::running;
  /// Why the connection ends, if that is decided already.
  CloseReason decided = CloseReason::none;
  /// What a rule says in place of Connection and Keep-Alive.
  std::optional<std::string_view> connection_lines{};
};

/// What a client is told whose request is refused because of this event.
std::string refusal_text(Event event, const Options& options, const http::ParseError& error);
Response text_response(int status, const std::string& text);
/// `OPTIONS *` asks about the server as a whole, and no handler (RFC 9110 §9.3.7).
Response server_wide_options();

http::ResponseFraming framing_of(const Exchange& exchange, const Response& response);

/// Has it a body of which only the connection's end tells where it ends (RFC 9112 §6.3)?
bool ends_with_connection(const http::ResponseFraming& framing, int status);

/// What becomes of the connection after the exchange, as far as is known before there is a response.
Persistence persistence_after(const Exchange& exchange, const AnswerSettings& settings);
/// The same with the response and its framing.
Persistence persistence_after(const Exchange& exchange, const AnswerSettings& settings, const Response& response,
                              const http::ResponseFraming& framing);

/// Queues the head. Nothing is queued when it can't be written (a field value with CR or LF).
http::HeadError queue_head(Exchange& exchange, const Response& response, const http::ResponseFraming& framing,
                           const Persistence& persistence, const AnswerSettings& settings);

enum class BodyPieces : std::uint8_t {
  whole,
  any,  ///< a rule stops in its middle
};
/// Queues the body, or lets its writer know that it is not sent.
void queue_body(Exchange& exchange, Response& response, const http::ResponseFraming& framing, BodyPieces pieces);
/// Queues a body that is written while it is sent. `wake_up` is called, on the writer's thread, when there is something
/// to send after the connection found nothing; what it keeps until then counts as held.
void queue_stream(Exchange& exchange, const BodyStream& stream, const http::ResponseFraming& framing,
                  std::function<void()> wake_up, std::shared_ptr<HeldBytes> held);
/// The answer is in the output, and so is its record.
void note_queued(Exchange& exchange, int status, const Persistence& persistence);

}  // namespace closelab::server
