#include "closelab/evidence.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <utility>

namespace closelab {
namespace {

std::string error_text(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

std::string bytes_text(std::uint64_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

/// SIOCOUTQ counts our FIN as a byte.
std::string unacked_text(const fact::Sampled& sample) {
  if (sample.moment != SampleMoment::after_fin) return bytes_text(sample.unacked);
  return sample.unacked > 1 ? "our FIN and " + bytes_text(sample.unacked - 1) : "our FIN";
}

std::string queue_text(const fact::Sampled& sample) {
  std::string text;
  if (sample.unread > 0) text += ", " + bytes_text(sample.unread) + " unread";
  if (sample.unacked > 0) text += ", " + unacked_text(sample) + " unacked";
  if (sample.unsent > 0) text += ", " + bytes_text(sample.unsent) + " not sent yet";
  return text;
}

std::string_view error_meaning(int error) {
  switch (error) {
    case ECONNRESET:
      return ", the client's RST";
    case EPIPE:
      return ", the client's RST after its FIN";
    case ETIMEDOUT:
      return ", the kernel gave the connection up";
    case ECONNABORTED:
      return ", the socket was destroyed on this machine (`ss -K`)";
    default:
      return "";
  }
}

std::string with_meaning(std::string what, int error) {
  return std::move(what) + error_text(error) + std::string(error_meaning(error));
}

std::string socket_text(std::string_view whose, TcpState state, std::chrono::milliseconds timer) {
  if (state == TcpState::closed) return "the kernel holds no socket for " + std::string(whose) + " end";
  std::string text = std::string(whose) + " end is in " + std::string(to_string(state));
  if (state == TcpState::time_wait) text += ", " + std::to_string(timer.count()) + " ms left";
  return text;
}

std::string flags_text(const fact::Segment& segment) {
  std::string text;
  const auto add = [&text](bool is_set, std::string_view name) {
    if (is_set) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  add(segment.syn, "SYN");
  add(segment.fin, "FIN");
  add(segment.rst, "RST");
  add(segment.ack, "ACK");
  return text;
}

std::string unfinished_text(const fact::RequestUnfinished& unfinished) {
  using Part = fact::RequestUnfinished::Part;
  if (unfinished.part == Part::head) return "the rest of the request head";
  if (unfinished.part == Part::unknown) return "what may follow the malformed request";
  return (unfinished.missing > 0 ? bytes_text(unfinished.missing) : "the rest") + " of the request body";
}

std::string missed_text(std::uint32_t missed) {
  return missed == 0 ? "" : ", and what the client sent, a FIN or RST perhaps, had been dropped before it";
}

/// Says each fact as a sentence.
struct Describer {
  std::string operator()(const fact::Accepted&) const { return "accept()"; }
  std::string operator()(const fact::Sampled& sample) const {
    static constexpr std::array<std::string_view, 7> moments{"",
                                                             " before our FIN",
                                                             " after our FIN",
                                                             " at EOF",
                                                             " at the error",
                                                             " before close()",
                                                             " while nothing was read"};
    const bool fin_sent = sample.moment == SampleMoment::after_fin || sample.moment == SampleMoment::at_eof;
    const bool ambiguous = fin_sent && sample.state == TcpState::closed;
    return "own state" + std::string(moments[static_cast<std::size_t>(sample.moment)]) + ": " +
           std::string(to_string(sample.state)) + (ambiguous ? ", as TCP_INFO says of TIME_WAIT too" : "") +
           queue_text(sample);
  }
  std::string operator()(const fact::ReceivedFin&) const { return "recv() returned 0: the client's FIN"; }
  std::string operator()(const fact::ReceiveFailed& failed) const {
    return with_meaning("recv() failed: ", failed.error);
  }
  std::string operator()(const fact::SendFailed& failed) const { return with_meaning("send() failed: ", failed.error); }
  std::string operator()(const fact::PendingError& pending) const {
    return with_meaning("SO_ERROR is ", pending.error);
  }
  std::string operator()(const fact::SentFin&) const { return "shutdown(SHUT_WR): our FIN"; }
  std::string operator()(const fact::ShutdownFailed& failed) const {
    return "shutdown() failed: " + error_text(failed.error) + ", the connection was over before our FIN";
  }
  std::string operator()(const fact::FinWithheld& withheld) const {
    if (withheld.longest.count() == 0) return "our FIN is withheld, whatever the client does";
    return "our FIN waits up to " + std::to_string(withheld.longest.count()) +
           " ms for the client's, a departure from RFC 9112 section 9.6";
  }
  std::string operator()(const fact::StoppedReceiving&) const {
    return "from here on the kernel drops a FIN or RST of the client's, so that the state holds";
  }
  std::string operator()(const fact::DrainTimeExceeded& exceeded) const {
    return "the drain's time bound was reached after " + std::to_string(exceeded.after.count()) + " ms";
  }
  std::string operator()(const fact::DrainBytesExceeded& exceeded) const {
    return "the drain's byte bound was reached after " + bytes_text(exceeded.dropped);
  }
  std::string operator()(const fact::Drained& drained) const {
    return bytes_text(drained.dropped) + " read and dropped";
  }
  std::string operator()(const fact::RequestUnfinished& unfinished) const {
    return unfinished_text(unfinished) + " had not been read; what comes after close() is answered by RST";
  }
  std::string operator()(const fact::Aborted& aborted) const {
    if (aborted.silent)
      return "SO_LINGER{1,0} and close(): with both FINs under way the kernel drops the socket and sends nothing" +
             missed_text(aborted.missed);
    return "our RST, as SO_LINGER{1,0} and close() send it" + missed_text(aborted.missed);
  }
  std::string operator()(const fact::Closed& closed) const {
    std::string text = "close()";
    if (closed.blocked.count() > 0)
      text += ", which blocked for " + std::to_string(closed.blocked.count()) + " ms (SO_LINGER)";
    if (closed.unread > 0) text += " with " + bytes_text(closed.unread) + " unread: the kernel sends RST";
    return text + missed_text(closed.missed);
  }
  std::string operator()(const fact::OwnSocket& socket) const { return socket_text("our", socket.state, socket.timer); }
  std::string operator()(const fact::PeerSocket& socket) const {
    return socket_text("the client's", socket.state, socket.timer);
  }
  std::string operator()(const fact::TupleReused&) const {
    return "a newer connection has our addresses and ports; ours is gone";
  }
  std::string operator()(const fact::PeerIsRemote&) const {
    return "the client is on another machine: its state can't be seen";
  }
  std::string operator()(const fact::NotObserved& refused) const {
    return refused.error != 0 ? "sock_diag could not be asked: " + error_text(refused.error)
                              : "sock_diag was not asked";
  }
  std::string operator()(const fact::Segment& segment) const {
    const bool answers = segment.rst && !segment.ack;
    return flags_text(segment) + " of the " + std::string(to_string(segment.from)) + "'s, captured" +
           (answers ? ": it answers a segment that found no socket" : "");
  }
  std::string operator()(const fact::CaptureIncomplete& incomplete) const {
    if (incomplete.gap == CaptureGap::syn_missing)
      return "its SYN was not captured: what is known of its packets may not be all";
    if (incomplete.gap == CaptureGap::too_many_segments)
      return "it had more segments with SYN, FIN or RST than the witness keeps: those that follow are not all";
    return std::to_string(incomplete.lost) + " packets were not captured: some of this connection's may be among them";
  }
};

}  // namespace

std::string_view to_string(Source source) {
  static constexpr std::array<std::string_view, 5> names{"syscall", "tcp_info", "sock_diag", "capture", "inferred"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view to_string(SampleMoment moment) {
  static constexpr std::array<std::string_view, 7> names{"unspecified", "before_fin",   "after_fin",    "at_eof",
                                                         "at_error",    "before_close", "while_waiting"};
  return names[static_cast<std::size_t>(moment)];
}

std::string_view to_string(fact::RequestUnfinished::Part part) {
  using Part = fact::RequestUnfinished::Part;
  if (part == Part::unknown) return "unknown";
  return part == Part::head ? "head" : "body";
}

std::string_view to_string(Sender sender) { return sender == Sender::server ? "server" : "client"; }

std::string_view to_string(CaptureGap gap) {
  static constexpr std::array<std::string_view, 3> names{"packets_lost", "syn_missing", "too_many_segments"};
  return names[static_cast<std::size_t>(gap)];
}

std::string_view to_string(const Fact& fact) {
  return std::visit([](const auto& what) { return what.name; }, fact);
}

std::string describe(const Fact& fact) { return std::visit(Describer{}, fact); }

std::string describe(const Evidence& evidence) { return describe(evidence.fact); }

std::ostream& operator<<(std::ostream& out, Source source) { return out << to_string(source); }

std::ostream& operator<<(std::ostream& out, SampleMoment moment) { return out << to_string(moment); }

std::ostream& operator<<(std::ostream& out, Sender sender) { return out << to_string(sender); }

std::ostream& operator<<(std::ostream& out, CaptureGap gap) { return out << to_string(gap); }

std::ostream& operator<<(std::ostream& out, const Fact& fact) { return out << to_string(fact); }

std::ostream& operator<<(std::ostream& out, const Evidence& evidence) {
  const std::chrono::duration<double, std::milli> at = evidence.at;
  return out << "at " << at.count() << " ms: " << describe(evidence) << " (" << evidence.source << ')';
}

}  // namespace closelab
