#include "net/kernel/diag_message.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace closelab::net {
namespace {

Endpoint endpoint_of(const inet_diag_msg& message, const __be32 (&address)[4], __be16 port) {
  Endpoint endpoint;
  endpoint.family = message.idiag_family == AF_INET ? AddressFamily::ipv4 : AddressFamily::ipv6;
  endpoint.port = ntohs(port);
  const std::size_t bytes = message.idiag_family == AF_INET ? 4 : 16;
  std::memcpy(endpoint.address.data(), address, bytes);
  return endpoint;
}

/// The numbers are inet_diag's own and have no names in its header.
TcpTimer to_timer(std::uint8_t number) { return number <= 4 ? static_cast<TcpTimer>(number) : TcpTimer::none; }

TcpSocket to_tcp_socket(const inet_diag_msg& message) {
  TcpSocket socket;
  socket.local = endpoint_of(message, message.id.idiag_src, message.id.idiag_sport);
  socket.remote = endpoint_of(message, message.id.idiag_dst, message.id.idiag_dport);
  socket.state = tcp_state_from_kernel(message.idiag_state);
  socket.timer = to_timer(message.idiag_timer);
  if (socket.timer != TcpTimer::none) socket.timer_left = std::chrono::milliseconds(message.idiag_expires);
  socket.receive_queue = message.idiag_rqueue;
  socket.send_queue = message.idiag_wqueue;
  socket.uid = message.idiag_uid;
  socket.inode = message.idiag_inode;
  socket.cookie = message.id.idiag_cookie[0] | static_cast<std::uint64_t>(message.id.idiag_cookie[1]) << 32;
  return socket;
}

/// The kernel writes an errno as a negative number.
int to_errno(int code) {
  constexpr int largest = 4095;
  return code <= 0 && code >= -largest ? -code : EBADMSG;
}

/// The payload as a Struct; null when there is less of it.
template <class Struct>
const Struct* payload_as(std::span<const char> payload) {
  return payload.size() < sizeof(Struct) ? nullptr : reinterpret_cast<const Struct*>(payload.data());
}

void read_socket(const nlmsghdr& header, std::span<const char> payload, DiagMessage& message) {
  const auto* found = payload_as<inet_diag_msg>(payload);
  if (found == nullptr) return;
  message.kind = DiagMessage::Kind::socket;
  message.error = (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0 ? EAGAIN : 0;
  message.socket = to_tcp_socket(*found);
}

/// That there is no handler for the family comes with the end of a dump.
void read_done(const nlmsghdr& header, std::span<const char> payload, DiagMessage& message) {
  const auto* code = payload_as<int>(payload);
  message.kind = DiagMessage::Kind::done;
  message.error = code == nullptr ? 0 : to_errno(*code);
  if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) message.error = EAGAIN;
}

DiagMessage read_message(const nlmsghdr& header, std::span<const char> payload) {
  DiagMessage message{.sequence = header.nlmsg_seq, .error = EBADMSG};
  switch (header.nlmsg_type) {
    case NLMSG_ERROR:
      if (const auto* code = payload_as<int>(payload)) message.error = to_errno(*code);
      break;
    case NLMSG_DONE:
      read_done(header, payload, message);
      break;
    case SOCK_DIAG_BY_FAMILY:
    case TCPDIAG_GETSOCK:
      read_socket(header, payload, message);
      break;
    default:
      break;
  }
  return message;
}

}  // namespace

// Lengths stay unsigned: one of 2 GiB and more, taken for a negative one, would fit.
void read_diag_messages(std::span<const char> datagram, const std::function<bool(const DiagMessage&)>& each) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    const auto& header = *reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > datagram.size()) {
      each({.sequence = header.nlmsg_seq, .error = EBADMSG});
      return;
    }
    if (!each(read_message(header, datagram.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN)))) return;
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
  }
}

}  // namespace closelab::net
