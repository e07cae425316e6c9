#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

/// When a `fact::Sampled` was taken. `while_waiting`: nobody read, because an answer was waited for.
enum class SampleMoment : std::uint8_t {
  unspecified,
  before_fin,
  after_fin,
  at_eof,
  at_error,
  before_close,
  while_waiting
};

/// Which end sent a captured segment.
enum class Sender : std::uint8_t { server, client };

/// Why a capture may lack segments of a connection.
enum class CaptureGap : std::uint8_t {
  packets_lost,       ///< the capture lost packets while it lasted
  syn_missing,        ///< its SYN was not captured
  too_many_segments,  ///< it had more of them than are kept
};

/// What can be observed of the end of a connection: one type for each fact, with what belongs to it. `name` is what
/// the fact is called in JSON.
namespace fact {

/// accept() returned the connection: where time begins.
struct Accepted {
  static constexpr std::string_view name = "accepted";
};

/// What the kernel said of our own socket. TIME_WAIT never shows here: the descriptor then reads CLOSED, as after
/// LAST_ACK or an RST, and only a lookup can tell them apart.
struct Sampled {
  static constexpr std::string_view name = "sampled";
  SampleMoment moment = SampleMoment::unspecified;
  TcpState state = TcpState::unknown;
  /// Received bytes that the application has not read (SIOCINQ).
  std::uint32_t unread = 0;
  /// Bytes sent or to be sent that the peer has not acknowledged (SIOCOUTQ); our FIN counts as one.
  std::uint32_t unacked = 0;
  /// The part of `unacked`, our FIN included, that has not left this machine's queue (tcpi_notsent_bytes).
  std::uint32_t unsent = 0;
  /// Smoothed round-trip time (tcpi_rtt).
  std::chrono::microseconds rtt{};
  /// Segments received since accept() (tcpi_segs_in).
  std::uint32_t segments_in = 0;
  /// Bytes beyond what it has acknowledged that the peer has room for (tcpi_snd_wnd).
  std::uint32_t window = 0;
  /// Segments that we have sent again (tcpi_total_retrans).
  std::uint32_t retransmits = 0;
  /// Since data last came from the peer, or since accept() (tcpi_last_data_recv).
  std::chrono::milliseconds since_data{};
};

/// recv() returned 0.
struct ReceivedFin {
  static constexpr std::string_view name = "received_fin";
};

/// recv() failed; `error` is an errno value, as in the facts that follow.
struct ReceiveFailed {
  static constexpr std::string_view name = "receive_failed";
  int error = 0;
};

/// send() failed.
struct SendFailed {
  static constexpr std::string_view name = "send_failed";
  int error = 0;
};

/// SO_ERROR, which still tells of an RST that recv() reports as EOF.
struct PendingError {
  static constexpr std::string_view name = "pending_error";
  int error = 0;
};

/// shutdown(SHUT_WR) succeeded.
struct SentFin {
  static constexpr std::string_view name = "sent_fin";
};

/// shutdown(SHUT_WR) failed: ENOTCONN says that the connection was over before our FIN.
struct ShutdownFailed {
  static constexpr std::string_view name = "shutdown_failed";
  int error = 0;
};

/// Our FIN waits for the client's.
struct FinWithheld {
  static constexpr std::string_view name = "fin_withheld";
  /// At most so long; 0: until the server stops.
  std::chrono::milliseconds longest{};
};

/// From here on the kernel drops a FIN or RST of the peer's, so that the next sample holds; it counts what it drops.
struct StoppedReceiving {
  static constexpr std::string_view name = "stopped_receiving";
};

/// The time bound of the drain was reached.
struct DrainTimeExceeded {
  static constexpr std::string_view name = "drain_time_exceeded";
  std::chrono::milliseconds after{};
};

/// The byte bound of the drain was reached.
struct DrainBytesExceeded {
  static constexpr std::string_view name = "drain_bytes_exceeded";
  std::uint32_t dropped = 0;
};

/// Bytes that were read and dropped before the client's FIN.
struct Drained {
  static constexpr std::string_view name = "drained";
  std::uint32_t dropped = 0;
};

/// The request had not arrived to its end.
struct RequestUnfinished {
  static constexpr std::string_view name = "request_unfinished";
  enum class Part : std::uint8_t {
    head,
    body,
    unknown,  ///< a malformed head leaves open what follows it
  };
  Part part = Part::body;
  /// Bytes of the body that had not arrived; 0 when their number is unknown.
  std::uint64_t missing = 0;
};

/// What SO_LINGER{1,0} and close() do: our RST, but that in CLOSING and LAST_ACK.
struct Aborted {
  static constexpr std::string_view name = "aborted";
  /// FINs and RSTs of the peer's that came since StoppedReceiving: with any, ours may not have been the first.
  std::uint32_t missed = 0;
  /// Both FINs were under way and nothing was unsent: Linux drops the socket, what is unacknowledged included, and
  /// sends nothing (tcp_disconnect()).
  bool silent = false;
};

/// close().
struct Closed {
  static constexpr std::string_view name = "closed";
  /// Received bytes that nobody had read: with any, the kernel sends RST.
  std::uint32_t unread = 0;
  /// With a timed SO_LINGER: how long it blocked.
  std::chrono::milliseconds blocked{};
  /// As in Aborted.
  std::uint32_t missed = 0;
};

/// What the kernel's table holds for our end; CLOSED when nothing.
struct OwnSocket {
  static constexpr std::string_view name = "own_socket";
  TcpState state = TcpState::unknown;
  /// What is left on its timer: of TIME_WAIT, how long it still lasts.
  std::chrono::milliseconds timer{};
};

/// The same for the peer's end, which is on this machine.
struct PeerSocket {
  static constexpr std::string_view name = "peer_socket";
  TcpState state = TcpState::unknown;
  std::chrono::milliseconds timer{};
};

/// A newer connection has our 4-tuple: nothing more can be learnt about ours.
struct TupleReused {
  static constexpr std::string_view name = "tuple_reused";
};

/// The peer's address is not this machine's: its socket can't be looked up.
struct PeerIsRemote {
  static constexpr std::string_view name = "peer_is_remote";
};

/// The lookups were skipped (0: budget, or off) or refused.
struct NotObserved {
  static constexpr std::string_view name = "not_observed";
  int error = 0;
};

/// A segment with SYN, FIN or RST that was captured (Source::capture).
struct Segment {
  static constexpr std::string_view name = "segment";
  Sender from = Sender::client;
  bool syn = false;
  bool fin = false;
  bool rst = false;
  bool ack = false;
  /// As on the wire (RFC 9293 §3.1). SYN and FIN take a sequence number each.
  std::uint32_t sequence = 0;
  /// Valid with `ack`.
  std::uint32_t acknowledgement = 0;
  /// Bytes of data in it.
  std::uint32_t payload = 0;

  /// The sequence number after the segment's last.
  std::uint32_t end() const { return sequence + payload + (syn ? 1U : 0U) + (fin ? 1U : 0U); }
};

/// Segments of the connection may be missing among those that are here.
struct CaptureIncomplete {
  static constexpr std::string_view name = "capture_incomplete";
  /// Packets of any connection that were lost.
  std::uint64_t lost = 0;
  CaptureGap gap = CaptureGap::packets_lost;
};

}  // namespace fact

using Fact =
    std::variant<fact::Accepted, fact::Sampled, fact::ReceivedFin, fact::ReceiveFailed, fact::SendFailed,
                 fact::PendingError, fact::SentFin, fact::ShutdownFailed, fact::FinWithheld, fact::StoppedReceiving,
                 fact::DrainTimeExceeded, fact::DrainBytesExceeded, fact::Drained, fact::RequestUnfinished,
                 fact::Aborted, fact::Closed, fact::OwnSocket, fact::PeerSocket, fact::TupleReused, fact::PeerIsRemote,
                 fact::NotObserved, fact::Segment, fact::CaptureIncomplete>;

/// One fact about the end of a connection.
struct Evidence {
  /// Since accept(); negative for a captured SYN.
  std::chrono::nanoseconds at{};
  Source source = Source::syscall;
  Fact fact{};

  template <class What>
  bool is() const {
    return std::holds_alternative<What>(fact);
  }
  /// The fact as a `What`; null when it is another.
  template <class What>
  const What* as() const {
    return std::get_if<What>(&fact);
  }
};

/// The first fact of a kind; null when there is none: `find<fact::Closed>(record.evidence)->unread`.
template <class What>
const What* find(const std::vector<Evidence>& evidence) {
  for (const Evidence& each : evidence) {
    if (const What* found = each.as<What>()) return found;
  }
  return nullptr;
}

/// Who has sent its FIN, as far as evidence shows.
enum class FinSentBy : std::uint8_t { nobody, server, client, both };
FinSentBy fin_sent_by(const std::vector<Evidence>& evidence);

std::string_view to_string(Source source);
std::string_view to_string(SampleMoment moment);
std::string_view to_string(Sender sender);
std::string_view to_string(fact::RequestUnfinished::Part part);
std::string_view to_string(CaptureGap gap);
std::string_view to_string(FinSentBy sent_by);
/// `sent_fin`.
std::string_view to_string(const Fact& fact);

/// The fact as a short sentence: `recv() returned 0: the client's FIN`.
std::string describe(const Fact& fact);
std::string describe(const Evidence& evidence);

std::ostream& operator<<(std::ostream& out, Source source);
std::ostream& operator<<(std::ostream& out, SampleMoment moment);
std::ostream& operator<<(std::ostream& out, Sender sender);
std::ostream& operator<<(std::ostream& out, CaptureGap gap);
std::ostream& operator<<(std::ostream& out, FinSentBy sent_by);
std::ostream& operator<<(std::ostream& out, const Fact& fact);
/// `at 0.45 ms: recv() returned 0: the client's FIN (syscall)`.
std::ostream& operator<<(std::ostream& out, const Evidence& evidence);

}  // namespace closelab
