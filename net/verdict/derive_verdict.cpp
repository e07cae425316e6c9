#include "net/verdict/derive_verdict.h"

#include <cerrno>

namespace closelab::net {
namespace {

/// What the evidence comes down to; pointers into it, null when a fact was not observed.
struct Digest {
  const Evidence* sent_fin = nullptr;
  const Evidence* received_fin = nullptr;
  const Evidence* error = nullptr;       // the first, from recv(), send() or SO_ERROR
  const Evidence* before_fin = nullptr;  // sample
  const Evidence* after_fin = nullptr;   // sample
  const Evidence* at_eof = nullptr;      // sample
  const Evidence* closing = nullptr;     // first sight of CLOSING
  const Evidence* fin_wait_1 = nullptr;  // last sight of FIN_WAIT_1
  const Evidence* last_sample = nullptr;
  const Evidence* ended = nullptr;  // aborted or closed
  const Evidence* own = nullptr;    // last lookups
  const Evidence* peer = nullptr;
  bool peer_fin_first = false;  // our end was in CLOSE_WAIT or LAST_ACK, or read EOF, before our FIN
  bool fin_wait_2 = false;
  bool peer_closed_actively = false;  // seen by a lookup
  bool peer_open = false;             // seen by a lookup: it had sent no FIN, or had our FIN before
  bool stopped_receiving = false;
  bool tuple_reused = false;
  bool peer_is_remote = false;
};

bool is(const Evidence* evidence, TcpState state) { return evidence != nullptr && evidence->state == state; }

void digest_own_state(Digest& d, const Evidence& e) {
  if (e.state == TcpState::fin_wait_1) d.fin_wait_1 = &e;
  if (e.state == TcpState::fin_wait_2) d.fin_wait_2 = true;
  if (e.state == TcpState::closing && d.closing == nullptr) d.closing = &e;
}

void digest_sample(Digest& d, const Evidence& e) {
  // Both states mean that the peer's FIN arrived while ours had not been sent (RFC 9293, Figure 5).
  if (e.state == TcpState::close_wait || e.state == TcpState::last_ack) d.peer_fin_first = true;
  digest_own_state(d, e);
  if (e.moment == SampleMoment::at_eof) d.at_eof = &e;
  if (e.moment == SampleMoment::before_fin) d.before_fin = &e;
  if (e.moment == SampleMoment::after_fin) d.after_fin = &e;
  d.last_sample = &e;
}

/// States that an end enters by sending its FIN before it has seen the other's.
bool is_of_active_close(TcpState state) {
  return state == TcpState::fin_wait_1 || state == TcpState::fin_wait_2 || state == TcpState::closing ||
         state == TcpState::time_wait;
}

/// States in which an end has sent no FIN, or has sent it after the other's had arrived.
bool is_before_or_passive(TcpState state) {
  return state == TcpState::established || state == TcpState::close_wait || state == TcpState::last_ack;
}

void digest_lookup(Digest& d, const Evidence& e) {
  (e.fact == Fact::own_socket ? d.own : d.peer) = &e;
  if (e.fact == Fact::own_socket) return digest_own_state(d, e);
  if (is_of_active_close(e.state)) d.peer_closed_actively = true;
  // Before our close() its FIN may still be on its way: only what it enters by our FIN counts.
  const bool has_our_fin = e.state == TcpState::close_wait || e.state == TcpState::last_ack;
  if (d.ended != nullptr ? is_before_or_passive(e.state) : has_our_fin) d.peer_open = true;
}

void digest_error(Digest& d, const Evidence& e) {
  if (d.error != nullptr) return;
  d.error = &e;
  // An RST that finds us in CLOSE_WAIT is reported as EPIPE, in any other state as ECONNRESET.
  if (e.error == EPIPE && d.sent_fin == nullptr) d.peer_fin_first = true;
}

void digest_fact(Digest& d, const Evidence& e) {
  switch (e.fact) {
    case Fact::sampled:
      return digest_sample(d, e);
    case Fact::received_fin:
      d.received_fin = &e;
      // After an error was reported once, recv() says 0 too; that is no FIN.
      if (d.sent_fin == nullptr && d.error == nullptr) d.peer_fin_first = true;
      return;
    case Fact::receive_failed:
    case Fact::send_failed:
    case Fact::pending_error:
      return digest_error(d, e);
    case Fact::sent_fin:
      d.sent_fin = &e;
      return;
    case Fact::stopped_receiving:
      d.stopped_receiving = true;
      return;
    case Fact::aborted:
    case Fact::closed:
      d.ended = &e;
      return;
    case Fact::own_socket:
    case Fact::peer_socket:
      return digest_lookup(d, e);
    case Fact::tuple_reused:
      d.tuple_reused = true;
      return;
    case Fact::peer_is_remote:
      d.peer_is_remote = true;
      return;
    default:
      return;
  }
}

Digest digest(std::span<const Evidence> evidence) {
  Digest d;
  for (const Evidence& e : evidence) digest_fact(d, e);
  return d;
}

struct First {
  Side side = Side::undetermined;
  ClosedBy by = ClosedBy::undetermined;
};

constexpr First server_fin{Side::server, ClosedBy::fin};
constexpr First client_fin{Side::client, ClosedBy::fin};
constexpr First crossed{Side::both, ClosedBy::fin};
constexpr First server_rst{Side::server, ClosedBy::rst};
constexpr First client_rst{Side::client, ClosedBy::rst};
constexpr First gave_up{Side::server, ClosedBy::timeout};
constexpr First not_known{};

/// An RST of ours: linger{1,0}, or close() with unread bytes (RFC 9293 §3.10.4). It is surely the first only when
/// nothing could arrive between the last look at the state and the close.
bool our_rst(const Digest& d) {
  if (d.ended == nullptr || is(d.last_sample, TcpState::closed) || is(d.own, TcpState::time_wait)) return false;
  if (d.ended->unread > 0) return true;
  // With both FINs under way and nothing unsent, Linux drops the socket without an RST (tcp_need_reset()).
  const bool both_fins = is(d.last_sample, TcpState::closing) || is(d.last_sample, TcpState::last_ack);
  return d.ended->fact == Fact::aborted && !(both_fins && d.last_sample->unsent == 0);
}

bool client_reset(const Digest& d) {
  return d.error != nullptr && (d.error->error == ECONNRESET || d.error->error == EPIPE);
}

/// The RST came behind the client's FIN: recv() said EOF, and only SO_ERROR told.
bool reset_behind_fin(const Digest& d) { return client_reset(d) && d.error->fact == Fact::pending_error; }

/// SOCK_DESTROY (`ss -K`) on this machine: the kernel sends the RST for us.
bool destroyed(const Digest& d) { return d.error != nullptr && d.error->error == ECONNABORTED; }

First first_without_our_fin(const Digest& d) {
  if (destroyed(d)) return server_rst;
  if (d.error != nullptr && !client_reset(d)) return gave_up;
  if (d.error != nullptr) return client_rst;
  return our_rst(d) && d.stopped_receiving && is(d.last_sample, TcpState::established) ? server_rst : not_known;
}

/// A FIN that crossed ours was sent before ours arrived, so it is here within a round trip or so: one that is
/// missing after several is no such FIN. What counts is when it arrived, which a late recv() does not tell.
bool no_fin_crossed(const Digest& d) {
  return d.fin_wait_1 != nullptr && d.after_fin->rtt.count() > 0 &&
         d.fin_wait_1->at - d.sent_fin->at > 4 * d.after_fin->rtt;
}

/// From FIN_WAIT_1 to TIME_WAIT by a single segment: the client's FIN carried the ACK of ours.
bool fin_carried_ack(const Digest& d) {
  return is(d.after_fin, TcpState::fin_wait_1) && is(d.at_eof, TcpState::closed) &&
         d.at_eof->segments_in - d.after_fin->segments_in == 1;
}

/// Both ends in TIME_WAIT: each saw the other's FIN after sending its own (RFC 9293 §3.6, Figure 13).
bool both_in_time_wait(const Digest& d) { return is(d.own, TcpState::time_wait) && is(d.peer, TcpState::time_wait); }

bool own_end_settled(const Digest& d) { return is(d.own, TcpState::time_wait) || is(d.own, TcpState::closed); }

/// CLOSING: the client's FIN came before its ACK of ours. Had ours not left yet, theirs was the first on the wire.
First first_when_closing(const Digest& d) {
  if (d.closing->unsent > 0) return client_fin;
  return d.after_fin != nullptr && d.after_fin->unsent == 0 ? crossed : not_known;
}

/// The client's window had room for all that was queued, so shutdown() sent our FIN at once, unless the client's had
/// arrived by then; that leaves our end without TIME_WAIT.
bool fin_left_at_once(const Digest& d) {
  return d.before_fin != nullptr && d.before_fin->unacked < d.before_fin->window;
}

/// Our FIN never left before the client's RST.
First first_when_fin_was_stuck(const Digest& d) { return reset_behind_fin(d) ? client_fin : client_rst; }

/// Our FIN waited behind unsent data, so the client's could overtake it.
First first_when_fin_was_queued(const Digest& d) {
  if (client_reset(d)) return d.last_sample->unsent > 0 ? first_when_fin_was_stuck(d) : not_known;
  if (d.error != nullptr) return destroyed(d) ? not_known : gave_up;
  if (d.peer_closed_actively) return not_known;
  return is(d.own, TcpState::time_wait) && d.peer != nullptr ? server_fin : not_known;
}

/// Our FIN left while the client's had not arrived: ours was first, or they crossed.
First first_when_fin_left(const Digest& d) {
  if (both_in_time_wait(d)) return crossed;
  if (d.error != nullptr && !client_reset(d) && !destroyed(d)) return server_fin;  // nothing came in answer
  // A FIN with the ACK of ours would have brought TIME_WAIT, which no RST can turn into an error of ours.
  if (reset_behind_fin(d)) return crossed;
  if (d.peer_closed_actively) return not_known;
  if (d.peer == nullptr) return fin_carried_ack(d) || no_fin_crossed(d) ? server_fin : not_known;
  // Had the FINs crossed, the client would be in TIME_WAIT; and had its RST cut that short, so would it have ours.
  if (d.peer_open || is(d.own, TcpState::time_wait)) return server_fin;
  if (d.received_fin != nullptr) return fin_carried_ack(d) ? server_fin : not_known;
  // Our end met an RST without a FIN, or was cut short by us. Who closes the descriptor right behind the FIN is not
  // told.
  return d.error != nullptr || d.last_sample != d.after_fin ? server_fin : not_known;
}

/// An RST that arrives while shutdown() holds the socket, behind what has just led it into TIME_WAIT, is dropped: the
/// client's end is gone, and ours stays. An orderly client sends two segments at most: the ACK of our FIN, and its FIN.
bool reset_may_have_been_missed(const Digest& d) {
  if (!is(d.after_fin, TcpState::closed) || !is(d.own, TcpState::time_wait) || both_in_time_wait(d)) return false;
  return d.before_fin == nullptr || d.after_fin->segments_in - d.before_fin->segments_in > 2;
}

/// The descriptor read CLOSED right after our FIN: everything was over at once, and only the kernel's table can
/// tell TIME_WAIT (ours was first, or they crossed) from the end of LAST_ACK (theirs was).
First first_when_over_at_once(const Digest& d) {
  if (both_in_time_wait(d)) return fin_left_at_once(d) ? crossed : not_known;
  if (client_reset(d) && d.after_fin->unsent > 0) return first_when_fin_was_stuck(d);
  // On one machine: the client sent no FIN, and ours was out before its RST was in.
  if (client_reset(d) && d.peer != nullptr && !reset_behind_fin(d)) return server_fin;
  if (is(d.own, TcpState::time_wait) && d.peer != nullptr && !d.peer_closed_actively) {
    return reset_may_have_been_missed(d) ? not_known : server_fin;
  }
  return is(d.own, TcpState::closed) && is(d.peer, TcpState::time_wait) ? client_fin : not_known;
}

First first_with_our_fin(const Digest& d) {
  if (d.closing != nullptr) return first_when_closing(d);
  // Our FIN was acknowledged before the client's came.
  if (d.fin_wait_2) return server_fin;
  if (d.after_fin == nullptr) return not_known;
  if (d.after_fin->state == TcpState::closed) return first_when_over_at_once(d);
  return d.after_fin->unsent > 0 ? first_when_fin_was_queued(d) : first_when_fin_left(d);
}

First who_closed_first(const Digest& d) {
  if (d.peer_fin_first) return client_fin;
  return d.sent_fin == nullptr ? first_without_our_fin(d) : first_with_our_fin(d);
}

ResetBy who_reset(const Digest& d) {
  if (client_reset(d)) return ResetBy::client;
  if (our_rst(d) || destroyed(d)) return ResetBy::server;
  if (reset_may_have_been_missed(d)) return ResetBy::undetermined;
  // An RST would have taken TIME_WAIT away.
  if (is(d.own, TcpState::time_wait) || is(d.peer, TcpState::time_wait)) return ResetBy::none;
  return ResetBy::undetermined;
}

/// Our end is gone, and the peer's can't be seen: what must follow from how it ended.
TimeWait infer_remote_time_wait(const First& first, ResetBy reset_by) {
  if (reset_by == ResetBy::server || reset_by == ResetBy::client) return TimeWait::none;
  if (first.side == Side::client && first.by == ClosedBy::fin) return TimeWait::client;
  return first.side == Side::server ? TimeWait::none : TimeWait::unknown;
}

TimeWait time_wait_of_own(const Digest& d, const First& first) {
  if (is(d.peer, TcpState::time_wait)) return TimeWait::both;
  return d.peer_is_remote && first.side == Side::both ? TimeWait::both : TimeWait::server;
}

TimeWait who_holds_time_wait(const Digest& d, const First& first, ResetBy reset_by) {
  if (d.tuple_reused || !own_end_settled(d)) return TimeWait::unknown;
  if (is(d.own, TcpState::time_wait)) return time_wait_of_own(d, first);
  if (d.peer_is_remote) return infer_remote_time_wait(first, reset_by);
  if (d.peer == nullptr) return TimeWait::unknown;
  return is(d.peer, TcpState::time_wait) ? TimeWait::client : TimeWait::none;
}

/// Seen, when the kernel showed the sockets that the answer is about.
Source source_of_time_wait(const Digest& d, TimeWait time_wait, const First& first) {
  // Had the FINs crossed, the client would be in TIME_WAIT too.
  const bool needs_peer = time_wait != TimeWait::server || first.side == Side::undetermined;
  return time_wait == TimeWait::unknown || (needs_peer && d.peer == nullptr) ? Source::inferred : Source::sock_diag;
}

const Evidence* holder(const Digest& d) {
  if (is(d.own, TcpState::time_wait)) return d.own;
  return is(d.peer, TcpState::time_wait) ? d.peer : nullptr;
}

/// Bytes without an ACK at the last look before the RST; our FIN counts as one of them there.
std::uint32_t bytes_at_risk(const Digest& d, const Verdict& verdict) {
  const bool reset_after_close = verdict.reset_by == ResetBy::undetermined && verdict.time_wait == TimeWait::none &&
                                 verdict.time_wait_source == Source::sock_diag && d.received_fin == nullptr;
  if (verdict.reset_by != ResetBy::server && !reset_after_close) return 0;
  const std::uint32_t unacked = d.last_sample != nullptr ? d.last_sample->unacked : 0;
  return d.sent_fin != nullptr && unacked > 0 ? unacked - 1 : unacked;
}

}  // namespace

Verdict derive_verdict(std::span<const Evidence> evidence, std::chrono::steady_clock::time_point accepted_at) {
  const Digest d = digest(evidence);
  const First first = who_closed_first(d);
  Verdict verdict;
  verdict.closed_first = first.side;
  verdict.closed_by = first.by;
  verdict.reset_by = who_reset(d);
  verdict.time_wait = who_holds_time_wait(d, first, verdict.reset_by);
  verdict.time_wait_source = source_of_time_wait(d, verdict.time_wait, first);
  verdict.bytes_at_risk = bytes_at_risk(d, verdict);
  const Evidence* timer = verdict.time_wait != TimeWait::unknown ? holder(d) : nullptr;
  if (timer != nullptr) {
    verdict.time_wait_until =
        accepted_at + std::chrono::ceil<std::chrono::steady_clock::duration>(timer->at + timer->duration);
  }
  return verdict;
}

}  // namespace closelab::net
