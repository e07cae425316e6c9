#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace closelab::http {

/// How far the request of the current exchange has been read. `failed`: it was refused, it was cut
/// short, or its time ran out.
enum class Reading : std::uint8_t { idle, head, body, complete, failed };

/// How far its response has been written. An interim response (100) is not a response here.
enum class Writing : std::uint8_t { idle, responding, complete };

/// Both sides of one exchange. The next one starts with a new value.
struct ExchangeState {
  Reading reading = Reading::idle;
  Writing writing = Writing::idle;

  friend bool operator==(const ExchangeState&, const ExchangeState&) = default;
};

enum class ExchangeEvent : std::uint8_t {
  first_byte,        ///< a byte of a request arrived
  head_complete,     ///< the head is there and a body follows
  message_complete,  ///< the request is there to its last byte
  read_failed,       ///< no more of this request will be read
  response_started,  ///< the final response's head is being written, possibly before the body was read
  response_complete  ///< its last byte was handed to the kernel
};

/// The state after the event; nullopt when the event can't happen in this state, which is a defect
/// of the caller.
std::optional<ExchangeState> advance(ExchangeState state, ExchangeEvent event);

/// A request has begun and is not complete: running out of time is answered 408, not a silent close.
constexpr bool is_receiving(ExchangeState state) {
  return state.reading == Reading::head || state.reading == Reading::body;
}

/// 100 (Continue) makes sense only before the final response and before the body (RFC 9110 §10.1.1).
constexpr bool may_send_continue(ExchangeState state) {
  return state.reading == Reading::body && state.writing == Writing::idle;
}

/// Nothing of this exchange is left to be written; the connection persists or ends.
constexpr bool is_over(ExchangeState state) { return state.writing == Writing::complete; }

/// The request body has not been read to its end: when the response is written now, it is the
/// connection's last (RFC 9112 §9.3).
constexpr bool is_body_unread(ExchangeState state) { return state.reading == Reading::body; }

std::string_view to_string(Reading reading);
std::string_view to_string(Writing writing);
std::string_view to_string(ExchangeEvent event);

}  // namespace closelab::http
