#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "closelab/close_mode.h"
#include "net/kernel/observer.h"
#include "net/kernel/tcp_probe.h"
#include "net/socket/stream.h"
#include "net/teardown/blocking_closer.h"
#include "net/teardown/teardown_machine.h"
#include "net/verdict/ended_connection.h"

namespace closelab::net {

struct TeardownOptions {
  CloseMode mode = CloseMode::lingering;
  LingeringBounds bounds{};
  CloseTimes times{};
  /// SO_LINGER, set right before close(): asio's destructor and every stray close would trip over it earlier.
  std::optional<std::chrono::seconds> linger{};
};

/// Which call on the socket failed.
enum class IoCall : std::uint8_t { receive, send };

/// Ends one connection: asks next_step() what to do and does it, keeping evidence of each step. The only place that
/// shuts down, resets or closes a connection. Once the descriptor is closed, hand_over() lets the observer follow the
/// connection.
class Teardown {
 public:
  Teardown(Stream& stream, EndedConnection connection, const TeardownOptions& options, Observer& observer,
           BlockingCloser& closer);

  TeardownPhase phase() const { return phase_; }
  /// Until the end of flushing the mode may still change.
  void set_mode(CloseMode mode) { options_.mode = mode; }

  /// The response has been handed to the kernel to its last byte.
  void flushed() { handle(TeardownEvent::flushed); }
  /// recv() returned 0.
  void received_fin();
  /// Our end is in CLOSE_WAIT, and nobody reads yet. Noted once.
  void noticed_fin();
  /// recv() or send() failed with `error`, unless note_end() has told how.
  void failed(IoCall call, int error);
  /// The connection is over, and nobody has read how: notes it, drops what is unread, and returns the errno, 0 if there
  /// was none.
  int note_end();
  /// write_timeout, or the phase's time bound.
  void time_exceeded();
  /// The response can't be completed.
  void incomplete() { handle(TeardownEvent::incomplete); }
  void stopped() { handle(TeardownEvent::stopped); }

  /// The request had not arrived in full when the end was decided.
  void note_request_unfinished(const fact::RequestUnfinished& what);

  /// Reads and drops up to `scratch` of what has come, within the byte bound; call when readable. Returns it; empty
  /// when there is nothing more, or the phase has changed.
  std::string_view drain(std::span<char> scratch);
  /// After a FIN that ends all: the phase is `closed`, and the descriptor stays until close_after_look().
  static constexpr std::size_t most_looked_at = 32;
  bool awaits_look() const { return awaits_look_; }
  /// Closes those who await a look at their client's end, by one for all.
  static void close_after_look(Observer& observer, std::span<Teardown* const> waiting);
  /// Once the phase is `closed`: lets the observer follow the connection, after a timed SO_LINGER's close() on another
  /// thread. Apart from the closing itself, so that the caller can do its bookkeeping in between: what comes before an
  /// RST gives the client time to close first.
  void hand_over();
  /// Does the phase want drain() to be called when there is something to read?
  bool wants_input() const { return phase_ == TeardownPhase::draining || phase_ == TeardownPhase::withheld; }
  /// What is left of the time bound of the phase; unset when it has none.
  std::optional<std::chrono::milliseconds> time_left() const;
  /// The client's FIN has been read, or seen in the connection's state.
  bool has_client_fin() const { return fin_received_ || fin_noticed_; }
  /// What has been observed so far; valid until hand_over().
  const EndedConnection& connection() const { return connection_; }
  /// What the bytes began with that were unread at close(): too few for anything but empty lines, or an excerpt.
  std::string_view unread_at_close() const { return {unread_start_.data(), unread_start_size_}; }

 private:
  void handle(TeardownEvent event);
  void withhold_fin();
  /// What the socket says afterwards.
  fact::Sampled send_fin(const fact::Sampled& before);
  bool has_byte_bound() const;
  std::optional<std::chrono::milliseconds> time_bound() const;
  void close();
  void close_looked_at(TcpState own);
  void close_after_waiting();
  void abort();
  void reset_by_closing();
  enum class How : std::uint8_t { closed, aborted, dropped };
  /// `known_unread`: what was unread just now, if that is known.
  void finish(How how, std::optional<std::uint32_t> known_unread = std::nullopt);
  void close_blocking();
  fact::Sampled look(SampleDepth depth) const;
  fact::Sampled sample(SampleMoment moment, SampleDepth depth);
  void note(SampleMoment moment, fact::Sampled sampled);
  void hold_still();
  std::uint32_t missed() const;
  int note_pending_error();
  void note_loss(Fact error);
  std::uint32_t count_unread(std::optional<std::uint32_t> known);

  Stream& stream_;
  EndedConnection connection_;
  TeardownOptions options_;
  Observer& observer_;
  BlockingCloser& closer_;
  TeardownPhase phase_ = TeardownPhase::flushing;
  std::size_t dropped_ = 0;
  /// With a timed SO_LINGER: what close_blocking() closes.
  int blocking_fd_ = -1;
  std::uint32_t unread_ = 0;
  std::array<char, 8> unread_start_{};
  std::uint8_t unread_start_size_ = 0;
  std::uint32_t dropped_before_ = 0;
  bool holds_still_ = false;
  std::chrono::steady_clock::time_point waiting_since_{};
  /// FINs and failures so far: with any of them, close() needs no FIN of ours, or can't send one.
  bool fin_sent_ = false;
  bool fin_received_ = false;
  bool fin_noticed_ = false;
  bool over_ = false;
  bool awaits_look_ = false;
};

}  // namespace closelab::net
