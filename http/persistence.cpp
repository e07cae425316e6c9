#include "http/persistence.h"

#include <array>
#include <ostream>

namespace closelab::http {
namespace {

// The first rule that applies.
CloseReason reason_to_close(const PersistenceInputs& in) {
  // RFC 9112 §2.2 and §6.3: where a refused message ends, and so where the next begins, can't be trusted. RFC 9110
  // §15.6.1 leaves the connection open after a 500; after a handler that broke off we don't count on its state.
  if (in.decided != CloseReason::none) return in.decided;
  // §9.3, first rule: `close` ends persistence, whatever stands beside it; §9.6: we close after the response.
  if (in.request.close) return CloseReason::request_close;
  // §9.3, third and last rule: HTTP/1.0 persists only if the client asks for it.
  if (in.request_version == Version::http_1_0 && !in.request.keep_alive) return CloseReason::http_1_0;
  // §9.6: a server that sends `close` closes after that response.
  if (in.response.close) return CloseReason::response_close;
  // §6.3, last rule, and §9.3: without a length of its own the message ends where the connection does.
  if (in.response_body == BodyEnd::connection_close) return CloseReason::body_delimited;
  // §9.3 and §9.5: a server may end persistence whenever it likes; §9.6 asks it to say so in its last response.
  if (in.request_limit && in.request_number >= *in.request_limit) return CloseReason::request_limit;
  if (in.server == ServerState::stopping) return CloseReason::server_stop;
  if (in.server == ServerState::draining) return CloseReason::drain;
  return CloseReason::none;
}

}  // namespace

Persistence decide_persistence(const PersistenceInputs& inputs) {
  const CloseReason reason = reason_to_close(inputs);
  return {reason == CloseReason::none ? Persistence::Decision::keep : Persistence::Decision::close, reason};
}

}  // namespace closelab::http

namespace closelab {
namespace {

struct ReasonText {
  CloseReason reason;
  std::string_view name;
  std::string_view words;
};

constexpr auto reason_texts = std::to_array<ReasonText>({
    {CloseReason::none, "none", "the connection stays open"},
    {CloseReason::request_close, "request_close", "the request said \"Connection: close\""},
    {CloseReason::response_close, "response_close", "the response said \"Connection: close\""},
    {CloseReason::http_1_0, "http_1_0",
     "the request was HTTP/1.0 without \"Connection: keep-alive\", where close is the default"},
    {CloseReason::body_delimited, "body_delimited",
     "the end of the response body is the end of the connection (HTTP/1.0, unknown length)"},
    {CloseReason::request_limit, "request_limit", "the connection has carried as many requests as it may"},
    {CloseReason::connection_limit, "connection_limit", "too many connections were open"},
    {CloseReason::memory_limit, "memory_limit", "the server held as many bytes for its clients as it may"},
    {CloseReason::out_of_memory, "out_of_memory", "there was no memory for what the connection needed"},
    {CloseReason::idle_timeout, "idle_timeout", "no request came within the idle timeout"},
    {CloseReason::header_timeout, "header_timeout", "the request's head did not arrive in time"},
    {CloseReason::body_timeout, "body_timeout", "the request's body did not arrive in time"},
    {CloseReason::write_timeout, "write_timeout", "the client took no byte of the response in time"},
    {CloseReason::body_unread, "body_unread", "the response was given before the request body had been read"},
    {CloseReason::protocol_error, "protocol_error", "the request was malformed or over a limit"},
    {CloseReason::handler_error, "handler_error", "the handler failed to answer"},
    {CloseReason::rule, "rule", "a rule ended it"},
    {CloseReason::command, "command", "it was told to by a command"},
    {CloseReason::drain, "drain", "the server was told to drain"},
    {CloseReason::server_stop, "server_stop", "the server stopped"},
    {CloseReason::peer_closed, "peer_closed", "the client closed the connection"},
    {CloseReason::peer_reset, "peer_reset", "the client reset the connection"},
    {CloseReason::tcp_timeout, "tcp_timeout", "the kernel gave the connection up after unanswered retransmissions"},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < reason_texts.size(); ++i) {
    if (static_cast<std::size_t>(reason_texts[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

const ReasonText& text_of(CloseReason reason) { return reason_texts[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view to_string(CloseReason reason) { return text_of(reason).name; }

std::string_view describe(CloseReason reason) { return text_of(reason).words; }

std::string_view to_string(Persistence::Decision decision) {
  return decision == Persistence::Decision::keep ? "keep" : "close";
}

std::ostream& operator<<(std::ostream& out, CloseReason reason) { return out << to_string(reason); }

std::ostream& operator<<(std::ostream& out, Persistence::Decision decision) { return out << to_string(decision); }

std::ostream& operator<<(std::ostream& out, const Persistence& persistence) {
  out << persistence.decision;
  if (persistence.decision == Persistence::Decision::close) out << " (" << persistence.reason << ')';
  return out;
}

}  // namespace closelab
