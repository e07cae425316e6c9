#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "closelab/evidence.h"

namespace closelab::net {

/// A fact, when it was, and how it is known.
template <class What>
struct Seen {
  What what;
  std::chrono::nanoseconds at{};
  Source source = Source::syscall;
};

using SeenSample = std::optional<Seen<fact::Sampled>>;
/// How either end was seen.
using SeenSocket = std::optional<Seen<fact::OwnSocket>>;

template <class What>
bool is(const std::optional<Seen<What>>& seen, TcpState state) {
  return seen && seen->what.state == state;
}

/// What the evidence comes down to.
struct Digest {
  bool sent_fin = false;
  bool received_fin = false;
  std::optional<int> error;  // the first, from recv(), send() or SO_ERROR
  bool error_was_pending = false;
  SeenSample before_fin;
  SeenSample after_fin;
  SeenSample at_eof;
  SeenSample last_sample;
  /// The last one that looked at the queues.
  SeenSample last_queues;
  /// First sight of CLOSING; a lookup does not tell what is unsent, and says 0.
  SeenSample closing;
  /// How FIN_WAIT_2 was seen.
  std::optional<Source> fin_wait_2;
  /// How it is known that the client's FIN was here before ours left: CLOSE_WAIT, LAST_ACK, or an EOF before our FIN.
  std::optional<Source> peer_fin_first;
  bool ended = false;    // aborted or closed
  bool aborted = false;  // by an RST
  /// What was unacknowledged at the end is not sent again: nobody knows what became of it.
  bool dropped_silently = false;
  std::uint32_t unread_at_close = 0;
  /// FINs or RSTs that the kernel dropped for us before our RST.
  std::uint32_t missed = 0;
  bool stopped_receiving = false;
  /// What a lookup right after that found of the client's end.
  std::optional<TcpState> peer_when_stopped;
  /// The last lookups.
  SeenSocket own;
  SeenSocket peer;
  bool peer_closed_actively = false;  // seen by a lookup
  bool peer_has_our_fin = false;      // the same: all that we sent has arrived
  bool peer_open = false;             // seen by a lookup: it had sent no FIN, or had our FIN before
  bool tuple_reused = false;
  bool peer_is_remote = false;
  /// The errno of lookups that failed, 0 when they were skipped.
  std::optional<int> not_observed;
  bool capture_incomplete = false;
};

Digest digest_evidence(std::span<const Evidence> evidence);

}  // namespace closelab::net
