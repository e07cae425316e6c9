#include "http/persistence.h"

#include <algorithm>
#include <array>
#include <ostream>

namespace closelab::http {
namespace {

using Inputs = PersistenceInputs;

struct Rule {
  CloseReason reason;
  bool (*applies)(const Inputs&);
};

constexpr auto rules = std::to_array<Rule>({
    // RFC 9112 §2.2 and §6.3: where a refused message ends, and so where the next begins, can't be trusted.
    {CloseReason::protocol_error, [](const Inputs& in) { return in.request_state == RequestState::refused; }},
    // §9.3, first rule: `close` ends persistence, whatever stands beside it; §9.6: we close after the response.
    {CloseReason::request_close, [](const Inputs& in) { return in.request.close; }},
    // §9.3, third and last rule: HTTP/1.0 persists only if the client asks for it.
    {CloseReason::http_1_0,
     [](const Inputs& in) { return in.request_version == Version::http_1_0 && !in.request.keep_alive; }},
    // RFC 9110 §15.6.1 leaves the connection open; after a handler that broke off we don't count on its state.
    {CloseReason::handler_error, [](const Inputs& in) { return in.handler == HandlerState::failed; }},
    // §9.6: a server that sends `close` closes after that response.
    {CloseReason::response_close, [](const Inputs& in) { return in.response.close; }},
    // §6.3, last rule, and §9.3: without a length of its own the message ends where the connection does.
    {CloseReason::body_delimited, [](const Inputs& in) { return in.response_body == BodyEnd::connection_close; }},
    // §9.3: a server must read the entire request body or close after the response.
    {CloseReason::body_unread, [](const Inputs& in) { return in.request_body == RequestBody::unread; }},
    // §9.3 and §9.5: a server may end persistence whenever it likes; §9.6 asks it to say so in its last response.
    {CloseReason::request_limit,
     [](const Inputs& in) { return in.request_limit && in.request_number >= *in.request_limit; }},
    {CloseReason::server_stop, [](const Inputs& in) { return in.server == ServerState::stopping; }},
});

}  // namespace

Persistence decide_persistence(const PersistenceInputs& inputs) {
  const auto rule = std::ranges::find_if(rules, [&inputs](const Rule& candidate) { return candidate.applies(inputs); });
  if (rule == rules.end()) return {};
  return {Persistence::Decision::close, rule->reason};
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
    {CloseReason::idle_timeout, "idle_timeout", "no request came within the idle timeout"},
    {CloseReason::header_timeout, "header_timeout", "the request's head did not arrive in time"},
    {CloseReason::body_timeout, "body_timeout", "the request's body did not arrive in time"},
    {CloseReason::write_timeout, "write_timeout", "the client took no byte of the response in time"},
    {CloseReason::body_unread, "body_unread", "the response was given before the request body had been read"},
    {CloseReason::protocol_error, "protocol_error", "the request was malformed or over a limit"},
    {CloseReason::handler_error, "handler_error", "the handler failed to answer"},
    {CloseReason::rule, "rule", "a rule ended it"},
    {CloseReason::command, "command", "it was told to by a command"},
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
