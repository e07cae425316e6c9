#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "closelab/evidence.h"

namespace closelab::net {

constexpr std::chrono::microseconds rtt{100};

/// A story told fact by fact; each fact comes 1 us after the one before, or as late as `later` says.
class Story {
 public:
  Story& later(std::chrono::microseconds by) { return now_ += by, *this; }
  Story& fact(Fact what, Source source = Source::syscall) { return add({.source = source, .fact = what}); }
  Story& sample(SampleMoment moment, TcpState state, std::uint32_t unsent = 0, std::uint32_t segments = 5) {
    return fact(fact::Sampled{.moment = moment, .state = state, .unsent = unsent, .rtt = rtt, .segments_in = segments},
                Source::tcp_info);
  }
  /// The queue and the client's window right before our FIN.
  Story& before_fin(TcpState state, std::uint32_t unacked = 0, std::uint32_t window = 65536) {
    return fact(fact::Sampled{.moment = SampleMoment::before_fin,
                              .state = state,
                              .unacked = unacked,
                              .unsent = unacked,
                              .rtt = rtt,
                              .segments_in = 5,
                              .window = window},
                Source::tcp_info);
  }
  Story& own(TcpState state, std::chrono::milliseconds timer = {}) {
    return fact(fact::OwnSocket{state, timer}, Source::sock_diag);
  }
  Story& peer(TcpState state, std::chrono::milliseconds timer = {}) {
    return fact(fact::PeerSocket{state, timer}, Source::sock_diag);
  }

  Story& fin() { return fact(fact::SentFin{}); }
  Story& eof() { return fact(fact::ReceivedFin{}); }
  Story& closed(std::uint32_t unread = 0) { return fact(fact::Closed{.unread = unread}); }
  Story& frozen() { return fact(fact::StoppedReceiving{}); }
  Story& aborted() { return fact(fact::Aborted{}); }
  Story& remote() { return fact(fact::PeerIsRemote{}, Source::inferred); }
  /// Our FIN left while the client's had not arrived.
  Story& fin_left() { return fin().sample(SampleMoment::after_fin, TcpState::fin_wait_1); }
  /// Everything was over when shutdown() returned.
  Story& fin_and_over() { return fin().sample(SampleMoment::after_fin, TcpState::closed); }
  /// Our FIN waits behind 1000 bytes that the client's window has no room for.
  Story& fin_queued() { return fin().sample(SampleMoment::after_fin, TcpState::fin_wait_1, 1001); }

  const std::vector<Evidence>& evidence() const { return evidence_; }

 private:
  Story& add(Evidence fact) {
    now_ += std::chrono::microseconds(1);
    fact.at = now_;
    evidence_.push_back(fact);
    return *this;
  }

  std::chrono::microseconds now_{};
  std::vector<Evidence> evidence_;
};

}  // namespace closelab::net
