#include "net/verdict/derive_verdict.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "net/verdict/captured_order.h"
#include "net/verdict/digest.h"

namespace closelab::net {
namespace {

struct First {
  Side side = Side::undetermined;
  ClosedBy by = ClosedBy::undetermined;
  Source source = Source::inferred;
  /// What would have to be known, when the side is undetermined.
  UnknownBecause because = UnknownBecause::none;
};

constexpr First not_known(UnknownBecause because) {
  return {Side::undetermined, ClosedBy::undetermined, Source::inferred, because};
}
constexpr First may_have_crossed = not_known(UnknownBecause::fins_may_have_crossed);
constexpr First was_queued = not_known(UnknownBecause::fin_was_queued);

First server_fin(Source source) { return {Side::server, ClosedBy::fin, source}; }
First client_fin(Source source) { return {Side::client, ClosedBy::fin, source}; }
First crossed(Source source) { return {Side::both, ClosedBy::fin, source}; }
First server_rst(Source source) { return {Side::server, ClosedBy::rst, source}; }
/// Unless a FIN of the client's was lost on its way before that.
Source source_of_silence(const Digest& d) { return d.peer ? Source::syscall : Source::inferred; }
First client_rst(const Digest& d) { return {Side::client, ClosedBy::rst, source_of_silence(d)}; }
First gave_up(const Digest& d) { return {Side::server, ClosedBy::timeout, source_of_silence(d)}; }

/// An RST of ours: linger{1,0}, or close() with unread bytes (RFC 9293 §3.10.4).
bool our_rst(const Digest& d) {
  if (!d.ended || is(d.last_sample, TcpState::closed) || is(d.own, TcpState::time_wait)) return false;
  return d.aborted || d.unread_at_close > 0;
}

bool client_reset(const Digest& d) { return d.error == ECONNRESET || d.error == EPIPE; }

/// The RST came after the client's FIN: recv() said EOF, and only SO_ERROR told.
bool reset_behind_fin(const Digest& d) { return client_reset(d) && d.error_was_pending; }

/// SOCK_DESTROY (`ss -K`) on this machine: the kernel sends the RST for us.
bool destroyed(const Digest& d) { return d.error == ECONNABORTED; }

/// It had sent a FIN or an RST when the kernel stopped receiving for us.
bool client_had_left(const Digest& d) { return d.peer_when_stopped && *d.peer_when_stopped != TcpState::established; }

/// Nothing more of a client's comes after its FIN, unless its end is gone without ours: by an RST.
bool was_still_on_its_way(const Digest& d) {
  const bool came = is(d.last_sample, TcpState::close_wait) && d.peer_when_stopped != TcpState::closed;
  return client_had_left(d) && d.missed == 0 && !came;
}

/// Our RST is surely the first only when nothing can have arrived between the look at the state and the RST.
First first_without_our_fin(const Digest& d) {
  if (destroyed(d)) return server_rst(Source::syscall);
  if (d.error) return client_reset(d) ? client_rst(d) : gave_up(d);
  if (!our_rst(d)) return not_known(UnknownBecause::ended_behind_close);
  const bool undisturbed = d.stopped_receiving && d.missed == 0 && !client_had_left(d);
  return undisturbed && is(d.last_sample, TcpState::established) ? server_rst(Source::tcp_info)
                                                                 : not_known(UnknownBecause::abort_raced);
}

/// A FIN of the client's that was lost comes again after its retransmission time-out, 200 ms at least on Linux. When it
/// had sent data less than that before its FIN came, no earlier FIN can have been lost (tcpi_last_data_recv counts in
/// steps of up to 10 ms).
bool no_fin_was_lost(const Digest& d) {
  constexpr std::chrono::milliseconds soonest{190};
  return d.received_fin && d.last_sample && d.last_sample->what.since_data < soonest &&
         d.last_sample->what.retransmits == 0;
}

/// Ours was first, unless an earlier FIN of the client's was lost on its way.
First server_fin_if_none_was_lost(const Digest& d, Source source) {
  const bool is_sure = d.peer || no_fin_was_lost(d);
  return server_fin(is_sure ? source : Source::inferred);
}

/// Since our FIN one segment came, and both FINs are accounted for: the client's carried the ACK of ours.
bool fin_carried_ack(const Digest& d) {
  const SeenSample& before = d.before_fin ? d.before_fin : d.after_fin;
  return before && d.received_fin && !d.error && is(d.last_sample, TcpState::closed) &&
         d.last_sample->what.segments_in - before->what.segments_in == 1;
}

/// Both ends in TIME_WAIT: each saw the other's FIN after sending its own (RFC 9293 §3.6, Figure 13).
bool both_in_time_wait(const Digest& d) { return is(d.own, TcpState::time_wait) && is(d.peer, TcpState::time_wait); }

/// Without the client's end nothing leads out of FIN_WAIT_2 but its time.
bool server_is_left_open(const Digest& d) { return is(d.own, TcpState::fin_wait_2) && is(d.peer, TcpState::closed); }

bool own_end_settled(const Digest& d) {
  return is(d.own, TcpState::time_wait) || is(d.own, TcpState::closed) || server_is_left_open(d);
}

/// CLOSING: the client's FIN came before its ACK of ours. Had ours not left yet, theirs was the first on the wire.
First first_when_closing(const Digest& d) {
  if (d.closing->what.unsent > 0) return client_fin(d.closing->source);
  return d.after_fin && d.after_fin->what.unsent == 0 ? crossed(d.closing->source) : was_queued;
}

/// The client's window had room for all that was queued, so shutdown() sent our FIN at once, unless the client's had
/// arrived by then; that leaves our end without TIME_WAIT.
bool fin_left_at_once(const Digest& d) {
  return d.before_fin && d.before_fin->what.unacked < d.before_fin->what.window;
}

/// Our FIN never left before the client's RST.
First first_when_fin_was_stuck(const Digest& d) {
  return reset_behind_fin(d) ? client_fin(Source::syscall) : client_rst(d);
}

/// Our FIN waited behind unsent data, so the client's could overtake it.
First first_when_fin_was_queued(const Digest& d) {
  if (client_reset(d)) return d.last_sample->what.unsent > 0 ? first_when_fin_was_stuck(d) : was_queued;
  if (d.error) return destroyed(d) ? was_queued : gave_up(d);
  if (d.peer_closed_actively) return was_queued;
  return is(d.own, TcpState::time_wait) && d.peer ? server_fin(Source::sock_diag) : was_queued;
}

/// Our FIN left while the client's had not arrived, and the client's end was looked up.
First first_by_the_clients_end(const Digest& d) {
  // Had the FINs crossed, the client would be in TIME_WAIT; and had its RST cut that short, so would it have ours.
  if (d.peer_open || is(d.own, TcpState::time_wait)) return server_fin(Source::sock_diag);
  if (d.received_fin) return may_have_crossed;
  // Our end met an RST without a FIN, or was cut short by us. Who closes the descriptor right after the FIN is not
  // told.
  const bool told = d.error || d.last_sample->what.moment != SampleMoment::after_fin;
  return told ? server_fin(Source::sock_diag) : not_known(UnknownBecause::ended_behind_close);
}

/// Our FIN left while the client's had not arrived: ours was first, or they crossed.
First first_when_fin_left(const Digest& d) {
  if (both_in_time_wait(d)) return crossed(Source::sock_diag);
  // Nothing came in answer.
  if (d.error && !client_reset(d) && !destroyed(d)) return server_fin(source_of_silence(d));
  // A FIN with the ACK of ours would have brought TIME_WAIT, which no RST can turn into an error of ours.
  if (reset_behind_fin(d)) return crossed(Source::syscall);
  if (d.peer_closed_actively) return may_have_crossed;
  if (fin_carried_ack(d)) return server_fin_if_none_was_lost(d, Source::tcp_info);
  return d.peer ? first_by_the_clients_end(d) : may_have_crossed;
}

/// An RST that arrives while shutdown() holds the socket, after what has just led it into TIME_WAIT, is dropped: the
/// client's end is gone, and ours stays. An orderly client sends two segments at most: the ACK of our FIN, and its FIN.
bool reset_may_have_been_missed(const Digest& d) {
  if (!is(d.after_fin, TcpState::closed) || !is(d.own, TcpState::time_wait) || both_in_time_wait(d)) return false;
  return !d.before_fin || d.after_fin->what.segments_in - d.before_fin->what.segments_in > 2;
}

/// The descriptor read CLOSED right after our FIN: everything was over at once, and only the kernel's table can
/// tell TIME_WAIT (ours was first, or they crossed) from the end of LAST_ACK (theirs was).
First first_when_over_at_once(const Digest& d) {
  if (both_in_time_wait(d)) return fin_left_at_once(d) ? crossed(Source::sock_diag) : was_queued;
  if (client_reset(d) && d.after_fin->what.unsent > 0) return first_when_fin_was_stuck(d);
  // On one machine: the client sent no FIN, and ours was out before its RST was in.
  if (client_reset(d) && d.peer && !reset_behind_fin(d)) return server_fin(Source::syscall);
  if (is(d.own, TcpState::closed) && is(d.peer, TcpState::time_wait)) return client_fin(Source::sock_diag);
  if (!is(d.own, TcpState::time_wait) || d.peer_closed_actively) return may_have_crossed;
  // TIME_WAIT is ours, so our FIN left before the client's had arrived.
  if (fin_carried_ack(d)) return server_fin_if_none_was_lost(d, Source::tcp_info);
  return d.peer && !reset_may_have_been_missed(d) ? server_fin(Source::sock_diag) : may_have_crossed;
}

First first_with_our_fin(const Digest& d) {
  if (d.closing) return first_when_closing(d);
  // Our FIN was acknowledged before the client's came.
  if (d.fin_wait_2) return server_fin_if_none_was_lost(d, *d.fin_wait_2);
  if (!d.after_fin) return not_known(UnknownBecause::open);
  if (is(d.after_fin, TcpState::closed)) return first_when_over_at_once(d);
  return d.after_fin->what.unsent > 0 ? first_when_fin_was_queued(d) : first_when_fin_left(d);
}

First who_closed_first(const Digest& d) {
  if (d.peer_fin_first) return client_fin(*d.peer_fin_first);
  return d.sent_fin ? first_with_our_fin(d) : first_without_our_fin(d);
}

/// Our end is gone, and the client's is still there: no RST has taken that away.
bool client_is_left_open(const Digest& d) {
  return is(d.own, TcpState::closed) && d.peer && !is(d.peer, TcpState::closed);
}

ResetBy who_reset(const Digest& d) {
  if (client_reset(d)) return ResetBy::client;
  if (our_rst(d) && was_still_on_its_way(d)) return ResetBy::undetermined;
  if (our_rst(d) || destroyed(d)) return ResetBy::server;
  if (reset_may_have_been_missed(d)) return ResetBy::undetermined;
  // An RST would have taken TIME_WAIT away.
  if (is(d.own, TcpState::time_wait) || is(d.peer, TcpState::time_wait)) return ResetBy::none;
  return client_is_left_open(d) ? ResetBy::none : ResetBy::undetermined;
}

std::optional<std::uint32_t> unacknowledged(const Digest& d) {
  if (!d.last_queues) return std::nullopt;
  const std::uint32_t unacked = d.last_queues->what.unacked;
  // Our FIN counts as one of them.
  const bool with_fin = d.sent_fin && d.last_queues->what.moment != SampleMoment::before_fin;
  return with_fin && unacked > 0 ? unacked - 1 : unacked;
}

/// Our end is gone, and the peer's can't be seen: what must follow from how it ended.
TimeWait infer_remote_time_wait(const Digest& d, const First& first, ResetBy reset_by) {
  if (reset_by == ResetBy::server || reset_by == ResetBy::client) return TimeWait::none;
  // A client that is gone answers what is still on its way to it by an RST, which ends its TIME_WAIT.
  if (first.side == Side::client && first.by == ClosedBy::fin)
    return unacknowledged(d) == 0U && !d.dropped_silently ? TimeWait::client : TimeWait::unknown;
  return first.side == Side::server ? TimeWait::none : TimeWait::unknown;
}

/// From CLOSING, TIME_WAIT is both sides'. Of a client that can't be seen it is not known while its FIN may have
/// crossed ours.
TimeWait time_wait_of_own(const Digest& d, const First& first) {
  if (is(d.peer, TcpState::time_wait)) return TimeWait::both;
  if (!d.peer_is_remote) return TimeWait::server;
  if (first.side == Side::both || d.closing) return TimeWait::both;
  return first.side == Side::undetermined ? TimeWait::unknown : TimeWait::server;
}

using Captured = std::optional<CapturedOrder>;

/// Where our kernel dropped the socket and sent nothing, a remote client's ACK of our FIN may come yet, and draws an
/// RST (RFC 9293 §3.10.7.1).
ResetBy who_reset(const Digest& d, const Captured& captured) {
  if (!captured) return who_reset(d);
  const bool may_come = d.dropped_silently && d.peer_is_remote && captured->reset_by == ResetBy::none;
  return may_come ? ResetBy::undetermined : captured->reset_by;
}

/// Where the close that was captured leads a client that can't be seen. Our end has settled, so that our FIN has been
/// acknowledged, or nobody is there any more.
TimeWait remote_time_wait(const Digest& d, const CapturedOrder& captured) {
  if (is(d.own, TcpState::time_wait)) {
    if (captured.client_closed_actively) return TimeWait::both;
    return captured.client_fin_may_have_waited ? TimeWait::unknown : TimeWait::server;
  }
  if (captured.reset_by != ResetBy::none) return TimeWait::none;
  if (captured.client_fin_may_have_waited) return TimeWait::unknown;
  if (!captured.client_closed_actively) return TimeWait::none;
  // The ACK of a FIN whose sender is gone is answered by an RST, and a FIN that was lost is not sent again.
  return captured.both_fins && !d.dropped_silently ? TimeWait::client : TimeWait::unknown;
}

/// What the packets say, if they do.
First who_closed_first(const Digest& d, const Captured& captured) {
  if (!captured) return who_closed_first(d);
  // No capture of ours tells of a remote client's FIN that was lost on its way.
  const bool earlier_may_be_lost = d.peer_is_remote && captured->closed_first == Side::server && !no_fin_was_lost(d);
  return {captured->closed_first, captured->closed_by, earlier_may_be_lost ? Source::inferred : Source::capture,
          UnknownBecause::ends_crossed};
}

TimeWait who_holds_time_wait(const Digest& d, const First& first, ResetBy reset_by, const Captured& captured) {
  // An RST that is the first end of a connection leaves no TIME_WAIT, whoever has its addresses and ports now.
  if (d.tuple_reused) return first.by == ClosedBy::rst ? TimeWait::none : TimeWait::unknown;
  if (!own_end_settled(d)) return TimeWait::unknown;
  if (d.peer_is_remote && captured) return remote_time_wait(d, *captured);
  if (is(d.own, TcpState::time_wait)) return time_wait_of_own(d, first);
  if (d.peer_is_remote) return infer_remote_time_wait(d, first, reset_by);
  if (!d.peer) return TimeWait::unknown;
  return is(d.peer, TcpState::time_wait) ? TimeWait::client : TimeWait::none;
}

/// Seen, when the kernel showed the sockets that the answer is about. Of a client that can't be seen it is only known
/// that it holds none when ours was surely first.
Source source_of_time_wait(const Digest& d, TimeWait time_wait, const First& first, const Captured& captured) {
  if (time_wait == TimeWait::unknown || d.tuple_reused) return Source::inferred;
  if (d.peer) return Source::sock_diag;
  // Whether a remote client's kernel keeps the TIME_WAIT that it is due, no packet tells; that an RST ends it is sure.
  if (captured && captured->reset_by != ResetBy::none && time_wait == TimeWait::none) return Source::capture;
  const bool server_alone = time_wait == TimeWait::server && first.source != Source::inferred;
  return server_alone ? Source::sock_diag : Source::inferred;
}

SeenSocket holder(const Digest& d) {
  if (is(d.own, TcpState::time_wait)) return d.own;
  return is(d.peer, TcpState::time_wait) ? d.peer : std::nullopt;
}

/// Lookups that were not made, or told nothing.
UnknownBecause not_seen(const Digest& d) {
  if (d.not_observed) return *d.not_observed == 0 ? UnknownBecause::not_looked_up : UnknownBecause::lookup_failed;
  return d.tuple_reused ? UnknownBecause::tuple_reused : UnknownBecause::none;
}

/// What was not looked at explains more than what was seen, where a look would have told.
UnknownBecause why_undetermined(const Digest& d, const First& first) {
  if (first.side != Side::undetermined) return UnknownBecause::none;
  if (!d.ended) return UnknownBecause::open;
  if (first.because == UnknownBecause::ends_crossed) return first.because;
  if (d.capture_incomplete) return UnknownBecause::packets_missed;
  const bool lookups_tell =
      first.because == UnknownBecause::fins_may_have_crossed || first.because == UnknownBecause::ended_behind_close;
  const UnknownBecause unseen = not_seen(d);
  return lookups_tell && unseen != UnknownBecause::none ? unseen : first.because;
}

UnknownBecause why_time_wait_is_unknown(const Digest& d, TimeWait time_wait) {
  if (time_wait != TimeWait::unknown) return UnknownBecause::none;
  if (!d.ended) return UnknownBecause::open;
  if (const UnknownBecause unseen = not_seen(d); unseen != UnknownBecause::none) return unseen;
  return own_end_settled(d) ? UnknownBecause::client_is_remote : UnknownBecause::not_awaited;
}

/// Our FIN has arrived, and with it all that was sent before.
bool fin_was_acknowledged(const Digest& d) {
  // CLOSED without an error, after both FINs: each was acknowledged.
  const bool both_were = d.sent_fin && d.received_fin && is(d.at_eof, TcpState::closed) && !d.error;
  return both_were || d.fin_wait_2 || is(d.own, TcpState::time_wait) || d.peer_has_our_fin;
}

/// Bytes without an ACK, at the last look or in the last packet that told: more have none at no later time.
std::optional<std::uint32_t> unacknowledged_at_most(const Digest& d, const Captured& captured) {
  if (fin_was_acknowledged(d)) return 0;
  const std::optional<std::uint32_t> seen = unacknowledged(d);
  if (!captured || !captured->unacknowledged) return seen;
  return seen ? std::min(*seen, *captured->unacknowledged) : captured->unacknowledged;
}

/// Bytes without an ACK when an RST, or our kernel, ended it.
std::optional<std::uint32_t> bytes_at_risk(const Digest& d, const Captured& captured, const Verdict& verdict) {
  if (!d.ended) return std::nullopt;
  const std::optional<std::uint32_t> unacked = unacknowledged_at_most(d, captured);
  const bool known =
      unacked == 0U || d.dropped_silently || verdict.reset_by == ResetBy::server || verdict.reset_by == ResetBy::client;
  return known ? unacked : std::nullopt;
}

}  // namespace

Verdict derive_verdict(std::span<const Evidence> evidence, std::chrono::steady_clock::time_point accepted_at) {
  const Digest d = digest_evidence(evidence);
  const Captured captured = captured_order(evidence);
  const First first = who_closed_first(d, captured);
  Verdict verdict;
  verdict.closed_first = first.side;
  verdict.closed_by = first.by;
  verdict.closed_first_source = first.source;
  verdict.reset_by = who_reset(d, captured);
  verdict.time_wait = who_holds_time_wait(d, first, verdict.reset_by, captured);
  verdict.time_wait_source = source_of_time_wait(d, verdict.time_wait, first, captured);
  verdict.bytes_at_risk = bytes_at_risk(d, captured, verdict);
  verdict.undetermined_because = why_undetermined(d, first);
  verdict.time_wait_unknown_because = why_time_wait_is_unknown(d, verdict.time_wait);
  if (client_is_left_open(d) && !is(d.peer, TcpState::time_wait)) verdict.client_left_in = d.peer->what.state;
  if (server_is_left_open(d)) verdict.server_left_in = d.own->what.state;
  if (const SeenSocket timer = holder(d); timer && !d.tuple_reused && own_end_settled(d)) {
    verdict.time_wait_until =
        accepted_at + std::chrono::ceil<std::chrono::steady_clock::duration>(timer->at + timer->what.timer);
  }
  return verdict;
}

bool was_client_silent(std::span<const Evidence> evidence) {
  const Digest d = digest_evidence(evidence);
  return d.aborted && d.last_sample && d.missed == 0 && d.peer_when_stopped == TcpState::established &&
         d.last_sample->what.unread == 0;
}

std::optional<std::uint32_t> unacknowledged_at_most(std::span<const Evidence> evidence) {
  return unacknowledged_at_most(digest_evidence(evidence), captured_order(evidence));
}

}  // namespace closelab::net
