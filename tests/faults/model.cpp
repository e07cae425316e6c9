#include "tests/faults/model.h"

#include "tests/faults/wire.h"

namespace closelab::faults {
namespace {

bool is_inside_response(At at) {
  return at == At::response_headers || at == At::response_body || at == At::response_wire;
}

/// How much the server has sent of the first response when the rule acts.
std::size_t sent_by(At at, const std::string& first) {
  if (at < At::response_headers) return 0;
  if (at == At::response_headers) return first_body(first);
  if (at == At::response_body) return first_body(first) + trigger_bytes;
  return at == At::response_wire ? wire_bytes : first.size();
}

/// Request bytes that are still with the kernel then: the client had sent them before it was accepted, or they are
/// the second request's. Later the whole first request has been read, in one piece.
bool leaves_unread(At at) { return at == At::accept || at == At::next_request; }

Retry retry_behind(At at) {
  if (leaves_unread(at) || at < At::before_response) return Retry::safe;
  return at < At::after_response ? Retry::if_idempotent : Retry::not_needed;
}

void reset(Outcome& outcome, Sent sent) {
  outcome.sent = sent;
  outcome.time_wait = TimeWait::none;
  if (sent != Sent::rst) return;
  outcome.saw = Saw::reset;
  outcome.closed_by = ClosedBy::rst;
}

void close(Outcome& outcome, CloseMode mode, bool unread) {
  switch (mode) {
    case CloseMode::lingering:
    case CloseMode::half:
      return;
    case CloseMode::immediate:
      if (unread) reset(outcome, Sent::rst);
      return;
    case CloseMode::abortive:
      return reset(outcome, Sent::rst);
    case CloseMode::delayed:
      if (!unread) return;
      outcome.pace = Pace::late;
      return reset(outcome, Sent::fin_then_rst);
    case CloseMode::deferred:
      outcome.pace = Pace::late;
      return;
    case CloseMode::never:
      outcome.silent = true;
      return;
  }
}

/// Everything until the rule acts: what there is when it closes, stalls or cuts.
Outcome ended_at(At at, const std::string& first = response()) {
  Outcome outcome;
  outcome.wire = first.substr(0, sent_by(at, first));
  outcome.retry = retry_behind(at);
  outcome.requests = at == At::accept ? 0 : 1;
  return outcome;
}

/// Both requests are answered, and the client closes.
Outcome went_on(Pace pace = Pace::at_once) {
  Outcome outcome;
  outcome.wire = response() + response();
  outcome.saw = Saw::own_fin;
  outcome.pace = pace;
  outcome.close_reason = CloseReason::peer_closed;
  outcome.closed_first = Side::client;
  outcome.time_wait = TimeWait::client;
  outcome.requests = 2;
  return outcome;
}

std::optional<Outcome> expect(const CloseAction& action, At at) {
  if (action.announce && at < At::response_headers) return std::nullopt;
  const bool says = at == At::after_response && !action.announce;
  Outcome outcome = ended_at(at, response(says ? says_close : ""));
  close(outcome, action.mode, leaves_unread(at));
  return outcome;
}

std::optional<Outcome> expect(const DelayAction&, At) { return went_on(Pace::late); }
std::optional<Outcome> expect(const SlowAction&, At) { return went_on(Pace::slow); }

/// The stop closes at once, whatever is unread: a second request too, which a client sends that has its response.
std::optional<Outcome> expect(const StallAction&, At at) {
  Outcome outcome = ended_at(at);
  outcome.silent = true;
  outcome.close_reason = CloseReason::server_stop;
  if (!leaves_unread(at) && at < At::after_response) return outcome;
  outcome.retry = Retry::safe;
  reset(outcome, Sent::rst);
  return outcome;
}

std::optional<Outcome> expect(const TruncateAction&, At at) {
  if (at == At::response_wire) return std::nullopt;
  Outcome outcome = ended_at(at);
  const std::string head = response("", response_body_bytes, 0);
  if (at < At::response_headers) outcome.wire = head;
  if (at == At::after_response) outcome.wire = response("", response_body_bytes + 1);
  if (at > At::after_response) outcome.wire = response() + head;
  outcome.retry = Retry::if_idempotent;
  outcome.requests = at > At::after_response ? 2 : 1;
  return outcome;
}

/// `bytes` are said where the rule acts, and both requests are answered.
Outcome said(std::string_view bytes, At at) {
  Outcome outcome = went_on();
  outcome.wire.insert(sent_by(at, response()), bytes);
  outcome.said_bytes = bytes.size();
  return outcome;
}

/// `bytes` are said where the rule acts, and the connection ends.
Outcome said_at_end(std::string_view bytes, At at) {
  Outcome outcome = ended_at(at);
  outcome.wire += bytes;
  outcome.said_bytes = bytes.size();
  return outcome;
}

/// In place of the handler's answer nothing is said that nobody has asked for.
std::optional<Outcome> expect(const AnswerAction& action, At at) {
  if (is_inside_response(at)) return std::nullopt;
  const bool before_body = is_asked(at) && at != At::before_response;
  if (action.read_body == Switch::off && !before_body) return std::nullopt;
  const std::string bytes = answer(action.close ? says_close : "");
  Outcome outcome = action.close ? said_at_end(bytes, at) : said(bytes, at);
  if (!is_asked(at)) return outcome;
  outcome.said_bytes = 0;
  outcome.retry = Retry::not_needed;
  if (!action.close) outcome.wire = bytes + response();
  return outcome;
}

std::optional<Outcome> expect(const SendAction& action, At at) {
  if (action.close) return said_at_end(action.bytes, at);
  Outcome outcome = said(action.bytes, at);
  if (is_inside_response(at)) outcome.retry = Retry::if_idempotent;
  return outcome;
}

std::optional<Outcome> expect(const InterimAction&, At at) {
  return is_inside_response(at) ? std::nullopt : std::optional(said(interim(), at));
}

std::optional<Outcome> expect(const ExpectAction& action, At at) {
  if (at != At::expect) return std::nullopt;
  switch (action.kind) {
    case ExpectAction::Kind::proceed:
      return said(proceed(), at);
    case ExpectAction::Kind::never:
      return went_on();
    case ExpectAction::Kind::twice:
      return said(proceed() + proceed(), at);
    case ExpectAction::Kind::late:
      break;
  }
  Outcome outcome = said(proceed(), at);
  // The server says it, when its time has come.
  outcome.said_bytes = 0;
  outcome.pace = Pace::late;
  return outcome;
}

/// The next response says what is not so.
std::optional<Outcome> expect(const AnnounceAction&, At at) {
  if (is_inside_response(at) || at == At::after_response) return std::nullopt;
  Outcome outcome = went_on();
  outcome.wire = at > At::after_response ? response() + response(says_close) : response(says_close) + response();
  return outcome;
}

}  // namespace

std::optional<Outcome> expected(const Cell& cell) {
  return std::visit([&cell](const auto& action) { return expect(action, cell.at()); }, cell.action);
}

std::size_t awaited_before_second_request(const Cell& cell) {
  const Outcome outcome = *expected(cell);
  const bool ends_behind_second = cell.at() > At::after_response;
  const bool stalls = std::holds_alternative<StallAction>(cell.action) && cell.at() == At::after_response;
  if (ends_behind_second || stalls) return response().size();
  if (outcome.saw != Saw::own_fin) return std::string::npos;
  return outcome.wire.rfind("HTTP/1.1 ");
}

}  // namespace closelab::faults
