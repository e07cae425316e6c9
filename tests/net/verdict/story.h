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
  Story& error(Fact call, int error) { return add({.fact = call, .error = error}); }
  Story& sample(SampleMoment moment, TcpState state, std::uint32_t unsent = 0, std::uint32_t segments = 5) {
    return add({.source = Source::tcp_info,
                .fact = Fact::sampled,
                .moment = moment,
                .state = state,
                .unsent = unsent,
                .rtt = rtt,
                .segments_in = segments});
  }
  /// The queue and the client's window right before our FIN.
  Story& before_fin(TcpState state, std::uint32_t unacked = 0, std::uint32_t window = 65536) {
    return add({.source = Source::tcp_info,
                .fact = Fact::sampled,
                .moment = SampleMoment::before_fin,
                .state = state,
                .unacked = unacked,
                .unsent = unacked,
                .rtt = rtt,
                .segments_in = 5,
                .window = window});
  }
  Story& own(TcpState state, std::chrono::milliseconds timer = {}) {
    return add({.source = Source::sock_diag, .fact = Fact::own_socket, .state = state, .duration = timer});
  }
  Story& peer(TcpState state, std::chrono::milliseconds timer = {}) {
    return add({.source = Source::sock_diag, .fact = Fact::peer_socket, .state = state, .duration = timer});
  }

  Story& fin() { return fact(Fact::sent_fin); }
  Story& eof() { return fact(Fact::received_fin); }
  Story& closed(std::uint32_t unread = 0) { return add({.fact = Fact::closed, .unread = unread}); }
  Story& frozen() { return fact(Fact::stopped_receiving); }
  Story& aborted() { return fact(Fact::aborted); }
  Story& remote() { return fact(Fact::peer_is_remote, Source::inferred); }
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
