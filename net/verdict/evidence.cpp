#include "closelab/evidence.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>

namespace closelab {
namespace {

std::string error_text(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

std::string bytes_text(std::uint32_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

/// SIOCOUTQ counts our FIN as a byte.
std::string unacked_text(const Evidence& e) {
  if (e.moment != SampleMoment::after_fin) return bytes_text(e.unacked);
  return e.unacked > 1 ? "our FIN and " + bytes_text(e.unacked - 1) : "our FIN";
}

std::string queue_text(const Evidence& e) {
  std::string text;
  if (e.unread > 0) text += ", " + bytes_text(e.unread) + " unread";
  if (e.unacked > 0) text += ", " + unacked_text(e) + " unacked";
  if (e.unsent > 0) text += ", " + bytes_text(e.unsent) + " not sent yet";
  return text;
}

std::string describe_sample(const Evidence& e) {
  static constexpr std::array<std::string_view, 7> moments{"",
                                                           " before our FIN",
                                                           " after our FIN",
                                                           " at EOF",
                                                           " at the error",
                                                           " before close()",
                                                           " while nothing was read"};
  const bool fin_sent = e.moment == SampleMoment::after_fin || e.moment == SampleMoment::at_eof;
  const bool ambiguous = fin_sent && e.state == TcpState::closed;
  return "own state" + std::string(moments[static_cast<std::size_t>(e.moment)]) + ": " +
         std::string(to_string(e.state)) + (ambiguous ? ", as TCP_INFO says of TIME_WAIT too" : "") + queue_text(e);
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

std::string describe_error(std::string_view call, int error) {
  return std::string(call) + " failed: " + error_text(error) + std::string(error_meaning(error));
}

std::string describe_socket(std::string_view whose, const Evidence& e) {
  if (e.state == TcpState::closed) return "the kernel holds no socket for " + std::string(whose) + " end";
  std::string text = std::string(whose) + " end is in " + std::string(to_string(e.state));
  if (e.state == TcpState::time_wait) text += ", " + std::to_string(e.duration.count()) + " ms left";
  return text;
}

std::string describe_close(const Evidence& e) {
  std::string text = "close()";
  if (e.duration.count() > 0) text += ", which blocked for " + std::to_string(e.duration.count()) + " ms (SO_LINGER)";
  if (e.unread > 0) text += " with " + bytes_text(e.unread) + " unread: the kernel sends RST";
  return text;
}

std::string describe_withheld(const Evidence& e) {
  if (e.duration.count() == 0) return "our FIN is withheld, whatever the client does";
  return "our FIN waits up to " + std::to_string(e.duration.count()) +
         " ms for the client's, a departure from RFC 9112 section 9.6";
}

std::string describe_unfinished(const Evidence& e) {
  return (e.unread > 0 ? bytes_text(e.unread) : std::string("the rest")) +
         " of the request body had not been read; what comes after close() is answered by RST";
}

}  // namespace

std::string_view to_string(Source source) {
  static constexpr std::array<std::string_view, 5> names{"syscall", "tcp_info", "sock_diag", "capture", "inferred"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view to_string(Fact fact) {
  static constexpr std::array<std::string_view, 21> names{"accepted",
                                                          "sampled",
                                                          "received_fin",
                                                          "receive_failed",
                                                          "send_failed",
                                                          "pending_error",
                                                          "sent_fin",
                                                          "shutdown_failed",
                                                          "fin_withheld",
                                                          "stopped_receiving",
                                                          "drain_time_exceeded",
                                                          "drain_bytes_exceeded",
                                                          "drained",
                                                          "request_unfinished",
                                                          "aborted",
                                                          "closed",
                                                          "own_socket",
                                                          "peer_socket",
                                                          "tuple_reused",
                                                          "peer_is_remote",
                                                          "not_observed"};
  return names[static_cast<std::size_t>(fact)];
}

std::string_view to_string(SampleMoment moment) {
  static constexpr std::array<std::string_view, 7> names{"unspecified", "before_fin",   "after_fin",    "at_eof",
                                                         "at_error",    "before_close", "while_waiting"};
  return names[static_cast<std::size_t>(moment)];
}

std::string describe(const Evidence& e) {
  switch (e.fact) {
    case Fact::accepted:
      return "accept()";
    case Fact::sampled:
      return describe_sample(e);
    case Fact::received_fin:
      return "recv() returned 0: the client's FIN";
    case Fact::receive_failed:
      return describe_error("recv()", e.error);
    case Fact::send_failed:
      return describe_error("send()", e.error);
    case Fact::pending_error:
      return "SO_ERROR is " + error_text(e.error) + std::string(error_meaning(e.error));
    case Fact::sent_fin:
      return "shutdown(SHUT_WR): our FIN";
    case Fact::shutdown_failed:
      return "shutdown() failed: " + error_text(e.error) + ", the connection was over before our FIN";
    case Fact::fin_withheld:
      return describe_withheld(e);
    case Fact::stopped_receiving:
      return "IP_MINTTL 255: the kernel drops what the client sends, so that the state holds";
    case Fact::drain_time_exceeded:
      return "the drain's time bound was reached after " + std::to_string(e.duration.count()) + " ms";
    case Fact::drain_bytes_exceeded:
      return "the drain's byte bound was reached after " + bytes_text(e.unread);
    case Fact::drained:
      return bytes_text(e.unread) + " read and dropped";
    case Fact::request_unfinished:
      return describe_unfinished(e);
    case Fact::aborted:
      return "SO_LINGER{1,0} and close(): our RST";
    case Fact::closed:
      return describe_close(e);
    case Fact::own_socket:
      return describe_socket("our", e);
    case Fact::peer_socket:
      return describe_socket("the client's", e);
    case Fact::tuple_reused:
      return "a newer connection has our addresses and ports; ours is gone";
    case Fact::peer_is_remote:
      return "the client is on another machine: its state can't be seen";
    case Fact::not_observed:
      return e.error != 0 ? "sock_diag could not be asked: " + error_text(e.error) : "sock_diag was not asked";
  }
  return {};
}

std::ostream& operator<<(std::ostream& out, Source source) { return out << to_string(source); }

std::ostream& operator<<(std::ostream& out, Fact fact) { return out << to_string(fact); }

std::ostream& operator<<(std::ostream& out, SampleMoment moment) { return out << to_string(moment); }

std::ostream& operator<<(std::ostream& out, const Evidence& evidence) {
  const std::chrono::duration<double, std::milli> at = evidence.at;
  return out << "at " << at.count() << " ms: " << describe(evidence) << " (" << evidence.source << ')';
}

}  // namespace closelab
