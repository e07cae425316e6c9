#include "tests/faults/model.h"

namespace closelab::faults {
namespace {

constexpr Part complete{.head = true, .promised = response_body_bytes, .body = response_body_bytes};

/// What the server has sent of the first response when the rule acts.
Part sent_by(At at) {
  Part part = complete;
  if (at < At::response_headers) part = {};
  if (at == At::response_headers) part.body = 0;
  if (at == At::response_body) part.body = trigger_bytes;
  return part;
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

/// Both requests are answered, and the client closes.
void go_on(Outcome& outcome, Pace pace) {
  outcome.got = {complete, complete};
  outcome.saw = Saw::own_fin;
  outcome.pace = pace;
  outcome.close_reason = CloseReason::peer_closed;
  outcome.closed_first = Side::client;
  outcome.time_wait = TimeWait::client;
  outcome.retry = Retry::not_needed;
  outcome.requests = 2;
}

/// The stop closes at once, whatever is unread: a second request too, which a client sends that has its response.
void stall(Outcome& outcome, At at) {
  outcome.silent = true;
  outcome.close_reason = CloseReason::server_stop;
  if (!leaves_unread(at) && at < At::after_response) return;
  outcome.retry = Retry::safe;
  reset(outcome, Sent::rst);
}

void truncate(Outcome& outcome, At at) {
  outcome.retry = Retry::if_idempotent;
  outcome.requests = at > At::after_response ? 2 : 1;
  Part& part = outcome.got[at > At::after_response ? 1 : 0];
  if (at < At::response_headers || at > At::after_response) part = sent_by(At::response_headers);
  if (at == At::after_response) ++part.promised;
}

}  // namespace

Outcome expected(const Cell& cell) {
  const At at = cell.trigger.at;
  Outcome outcome;
  outcome.got[0] = sent_by(at);
  outcome.retry = retry_behind(at);
  outcome.requests = at == At::accept ? 0 : 1;
  if (const CloseMode* mode = mode_of(cell)) close(outcome, *mode, leaves_unread(at));
  if (std::holds_alternative<DelayAction>(cell.action)) go_on(outcome, Pace::late);
  if (std::holds_alternative<SlowAction>(cell.action)) go_on(outcome, Pace::slow);
  if (std::holds_alternative<StallAction>(cell.action)) stall(outcome, at);
  if (std::holds_alternative<TruncateAction>(cell.action)) truncate(outcome, at);
  return outcome;
}

}  // namespace closelab::faults
