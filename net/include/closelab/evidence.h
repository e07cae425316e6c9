#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "closelab/tcp_state.h"

namespace closelab {

/// How a fact is known.
enum class Source : std::uint8_t {
  /// The result of a call on our own socket: recv() 0, ECONNRESET, shutdown(), close().
  syscall,
  /// TCP_INFO, SIOCINQ and SIOCOUTQ of our own socket.
  tcp_info,
  /// An exact lookup in the kernel's socket table (sock_diag(7)) by 4-tuple, ours also by SO_COOKIE.
  sock_diag,
  /// Packets that were captured.
  capture,
  /// Concluded from other facts, not seen.
  inferred,
};

/// What was observed. The fields of Evidence that a fact fills are named behind it.
enum class Fact : std::uint8_t {
  accepted,              ///< accept() returned the connection: where time begins
  sampled,               ///< moment, state, unread, unacked, unsent, rtt
  received_fin,          ///< recv() returned 0
  receive_failed,        ///< error: recv() failed
  send_failed,           ///< error: send() failed
  pending_error,         ///< error: SO_ERROR, which still tells of an RST that recv() reports as EOF
  sent_fin,              ///< shutdown(SHUT_WR) succeeded
  shutdown_failed,       ///< error: ENOTCONN says the connection was over before our FIN
  fin_withheld,          ///< duration: our FIN waits that long at most for the client's; 0: until the server stops
  stopped_receiving,     ///< from here on the kernel drops what the peer sends, so that the next sample holds
  drain_time_exceeded,   ///< duration: the time bound of the drain was reached
  drain_bytes_exceeded,  ///< unread holds the bytes dropped: the byte bound was reached
  drained,               ///< unread holds the bytes that were read and dropped before the client's FIN
  request_unfinished,    ///< unread: request body bytes that had not arrived; 0 when their number is unknown
  aborted,               ///< SO_LINGER{1,0} and close()
  closed,                ///< unread, duration: close() and, with a timed SO_LINGER, how long it blocked
  own_socket,            ///< state, duration: what the kernel holds for our end; CLOSED when nothing
  peer_socket,           ///< state, duration: the same for the peer's end, which is on this machine
  tuple_reused,          ///< a newer connection has our 4-tuple: nothing more can be learnt about ours
  peer_is_remote,        ///< the peer's address is not this machine's: its socket can't be looked up
  not_observed,          ///< the lookups were skipped (budget) or refused (error)
};

/// When a `sampled` fact was taken.
enum class SampleMoment : std::uint8_t {
  unspecified,
  before_fin,
  after_fin,
  at_eof,
  at_error,
  before_close,
  while_waiting
};

/// One fact about the end of a connection.
struct Evidence {
  /// Since accept().
  std::chrono::nanoseconds at{};
  Source source = Source::syscall;
  Fact fact = Fact::accepted;
  SampleMoment moment = SampleMoment::unspecified;
  TcpState state = TcpState::unknown;
  /// An errno value, else 0.
  int error = 0;
  /// Received bytes that the application has not read (SIOCINQ).
  std::uint32_t unread = 0;
  /// Bytes sent or to be sent that the peer has not acknowledged (SIOCOUTQ).
  std::uint32_t unacked = 0;
  /// The part of `unacked`, our FIN included, that has not left this machine's queue (tcpi_notsent_bytes).
  std::uint32_t unsent = 0;
  /// Smoothed round-trip time (tcpi_rtt), of a sample.
  std::chrono::microseconds rtt{};
  /// own_socket, peer_socket: what is left on the kernel's timer; otherwise see Fact.
  std::chrono::milliseconds duration{};
  /// Segments received since accept() (tcpi_segs_in), of a sample.
  std::uint32_t segments_in = 0;
  /// Bytes beyond what it has acknowledged that the peer has room for (tcpi_snd_wnd), of a sample.
  std::uint32_t window = 0;
};

std::string_view to_string(Source source);
std::string_view to_string(Fact fact);
std::string_view to_string(SampleMoment moment);

/// The fact as a short sentence: `recv() returned 0: the client's FIN`.
std::string describe(const Evidence& evidence);

std::ostream& operator<<(std::ostream& out, Source source);
std::ostream& operator<<(std::ostream& out, Fact fact);
std::ostream& operator<<(std::ostream& out, SampleMoment moment);
/// `at 0.45 ms: recv() returned 0: the client's FIN (syscall)`.
std::ostream& operator<<(std::ostream& out, const Evidence& evidence);

}  // namespace closelab
