#include "net/verdict/digest.h"

#include <cerrno>
#include <variant>

#include "net/socket/resource_error.h"
#include "net/verdict/fins.h"

namespace closelab::net {
namespace {

/// States that an end enters by sending its FIN before it has seen the other's.
bool is_of_active_close(TcpState state) {
  return state == TcpState::fin_wait_1 || state == TcpState::fin_wait_2 || state == TcpState::closing ||
         state == TcpState::time_wait;
}

/// States in which an end has sent no FIN, or has sent it after the other's had arrived.
bool is_before_or_passive(TcpState state) {
  return state == TcpState::established || state == TcpState::close_wait || state == TcpState::last_ack;
}

/// Takes in one fact after the other.
class Digester {
 public:
  void add(const Evidence& evidence) {
    at_ = evidence.at;
    source_ = evidence.source;
    std::visit(*this, evidence.fact);
  }
  const Digest& digest() const { return d_; }

  void operator()(const fact::Sampled& sample) {
    // Both states mean that the peer's FIN arrived while ours had not been sent (RFC 9293, Figure 5).
    if (sample.state == TcpState::close_wait || sample.state == TcpState::last_ack) peer_fin_first();
    d_.last_sample = {sample, at_, source_};
    own_state(sample);
    switch (sample.moment) {
      case SampleMoment::at_eof:
        d_.at_eof = d_.last_sample;
        return;
      case SampleMoment::before_fin:
        d_.before_fin = d_.last_queues = d_.last_sample;
        return;
      case SampleMoment::after_fin:
        d_.after_fin = d_.last_queues = d_.last_sample;
        return;
      case SampleMoment::at_error:
        // A call of ours failed, and the connection goes on.
        if (sample.state != TcpState::closed && sample.state != TcpState::unknown) d_.error.reset();
        [[fallthrough]];
      default:
        d_.last_queues = d_.last_sample;
    }
  }
  void operator()(const fact::ReceivedFin&) {
    d_.received_fin = true;
    // After an error was reported once, recv() says 0 too; that is no FIN.
    if (!d_.sent_fin && !d_.error) peer_fin_first();
  }
  void operator()(const fact::ReceiveFailed& failed) { error(failed.error); }
  void operator()(const fact::SendFailed& failed) { error(failed.error); }
  void operator()(const fact::PendingError& pending) {
    if (!d_.error) d_.error_was_pending = true;
    error(pending.error);
  }
  void operator()(const fact::SentFin&) { d_.sent_fin = true; }
  void operator()(const fact::StoppedReceiving&) { d_.stopped_receiving = true; }
  void operator()(const fact::Aborted& aborted) {
    d_.ended = true;
    (aborted.silent ? d_.dropped_silently : d_.aborted) = true;
    d_.missed = aborted.missed;
  }
  void operator()(const fact::Closed& closed) {
    d_.ended = true;
    d_.unread_at_close = closed.unread;
    d_.missed = closed.missed;
  }
  void operator()(const fact::OwnSocket& own) {
    d_.own = {own, at_, source_};
    own_state({.state = own.state});
  }
  void operator()(const fact::PeerSocket& peer) {
    d_.peer = {{peer.state, peer.timer}, at_, source_};
    if (is_of_active_close(peer.state)) d_.peer_closed_actively = true;
    if (has_peers_fin(peer.state)) d_.peer_has_our_fin = true;
    if (d_.stopped_receiving && !d_.ended) d_.peer_when_stopped = peer.state;
    // Before our close() its FIN may still be on its way: only what it enters by our FIN counts.
    const bool has_our_fin = peer.state == TcpState::close_wait || peer.state == TcpState::last_ack;
    if (d_.ended ? is_before_or_passive(peer.state) : has_our_fin) d_.peer_open = true;
  }
  void operator()(const fact::TupleReused&) { d_.tuple_reused = true; }
  void operator()(const fact::PeerIsRemote&) { d_.peer_is_remote = true; }
  void operator()(const fact::NotObserved& refused) { d_.not_observed = refused.error; }
  void operator()(const fact::CaptureIncomplete&) { d_.capture_incomplete = true; }
  template <class Other>
  void operator()(const Other&) {}

 private:
  void peer_fin_first() {
    if (!d_.peer_fin_first) d_.peer_fin_first = source_;
  }
  void own_state(const fact::Sampled& seen) {
    if (seen.state == TcpState::fin_wait_2 && !d_.fin_wait_2) d_.fin_wait_2 = source_;
    if (seen.state == TcpState::closing && !d_.closing) d_.closing = {seen, at_, source_};
  }
  void error(int error) {
    if (d_.error || is_resource_error(error)) return;
    d_.error = error;
    // An RST that finds us in CLOSE_WAIT is reported as EPIPE, in any other state as ECONNRESET.
    if (error == EPIPE && !d_.sent_fin) peer_fin_first();
  }

  Digest d_;
  std::chrono::nanoseconds at_{};
  Source source_ = Source::syscall;
};

}  // namespace

Digest digest_evidence(std::span<const Evidence> evidence) {
  Digester digester;
  for (const Evidence& each : evidence) digester.add(each);
  return digester.digest();
}

}  // namespace closelab::net
