#include "net/kernel/sock_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/kernel/diag_message.h"
#include "net/kernel/netlink_request.h"

namespace closelab::net {
namespace {

// A dump fills whatever is given; less than it has used before truncates silently, so it is fixed.
constexpr std::size_t receive_buffer_bytes = 64 * 1024;
constexpr std::size_t batch_size = 64;

inet_diag_req_v2 exact_query(const TcpTuple& tuple) {
  inet_diag_req_v2 request{};
  request.sdiag_family = tuple.local.family == AddressFamily::ipv4 ? AF_INET : AF_INET6;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = all_states;
  request.id.idiag_sport = htons(tuple.local.port);
  request.id.idiag_dport = htons(tuple.remote.port);
  std::memcpy(request.id.idiag_src, tuple.local.address.data(), tuple.local.address.size());
  std::memcpy(request.id.idiag_dst, tuple.remote.address.data(), tuple.remote.address.size());
  request.id.idiag_if = tuple.local.scope_id;
  // The socket's own cookie comes back with the answer, so a recycled tuple can be told from a missing socket.
  request.id.idiag_cookie[0] = request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

/// One of several requests that go to the kernel in one datagram.
struct ExactRequest {
  nlmsghdr header{};
  inet_diag_req_v2 query{};
};
static_assert(sizeof(ExactRequest) == NLMSG_ALIGN(sizeof(nlmsghdr)) + NLMSG_ALIGN(sizeof(inet_diag_req_v2)));

ExactRequest exact_request(const TcpTuple& tuple, std::uint32_t sequence) {
  ExactRequest request{.query = exact_query(tuple)};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = sequence;
  return request;
}

SocketInfo to_socket_info(const TcpSocket& socket) {
  return {.tuple = {socket.local, socket.remote},
          .state = socket.state,
          .cookie = socket.cookie,
          .running_timer = socket.timer,
          .timer = socket.timer_left,
          .uid = socket.uid,
          .inode = socket.inode};
}

SocketInfo answer_in(const DiagMessage& message) {
  const bool found = message.kind == DiagMessage::Kind::socket && message.socket.state != TcpState::listen;
  if (found) return to_socket_info(message.socket);
  if (message.kind == DiagMessage::Kind::socket || message.error == ENOENT)
    return SocketInfo{.tuple = {}, .state = TcpState::closed};
  return SocketInfo{.tuple = {}, .error = message.error};
}

/// The older form of request: what it names as a family is ignored, so that one walk through the kernel's table gives
/// IPv4 and IPv6 alike. The newer one takes a walk for each, which is most of the time when few sockets pass.
NetlinkRequest dump_request(std::uint32_t states, std::span<const std::byte> program, std::uint32_t sequence) {
  NetlinkRequest request(TCPDIAG_GETSOCK, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  inet_diag_req query{};
  query.idiag_states = states;
  request.add(query);
  if (!program.empty()) request.add_attribute(INET_DIAG_REQ_BYTECODE, program);
  return request;
}

UniqueFd open_netlink() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return fd;
  // An answer never waits on anybody; should one be lost, the lookup fails instead of hanging its thread.
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

int send_all(int fd, std::span<const std::byte> bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = 0;
  do {
    sent = ::sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

/// One datagram of answers; a negative errno when it failed or was cut.
long receive(int fd, std::vector<char>& buffer) {
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  ssize_t received = 0;
  do {
    received = ::recvmsg(fd, &message, 0);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  return (message.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : static_cast<long>(received);
}

/// Receives one datagram and reads its messages. Returns 0, or the errno that kept it from coming.
int read_answers(int fd, std::vector<char>& buffer, const std::function<bool(const DiagMessage&)>& each) {
  const long bytes = receive(fd, buffer);
  if (bytes < 0) return static_cast<int>(-bytes);
  read_diag_messages({buffer.data(), static_cast<std::size_t>(bytes)}, each);
  return 0;
}

/// The same for up to `most` datagrams in one call: each exact lookup is answered by one of about 100 bytes, and all
/// are there when send() returns.
int read_batch(int fd, std::vector<char>& buffer, std::size_t most,
               const std::function<bool(const DiagMessage&)>& each) {
  std::array<iovec, batch_size> pieces{};
  std::array<mmsghdr, batch_size> messages{};
  const std::size_t room = buffer.size() / batch_size;
  for (std::size_t i = 0; i < most; ++i) {
    pieces[i] = {buffer.data() + i * room, room};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int received = 0;
  do {
    received = ::recvmmsg(fd, messages.data(), static_cast<unsigned>(most), MSG_DONTWAIT, nullptr);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return errno;
  for (const mmsghdr& message : std::span(messages).first(static_cast<std::size_t>(received))) {
    if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) return EMSGSIZE;
    read_diag_messages({static_cast<char*>(message.msg_hdr.msg_iov->iov_base), message.msg_len}, each);
  }
  return 0;
}

}  // namespace

SockDiag::SockDiag() : fd_(open_netlink()), error_(fd_ ? 0 : errno), buffer_(receive_buffer_bytes) {}

void SockDiag::look_up(std::span<const TcpTuple> tuples, std::span<SocketInfo> found) {
  for (std::size_t start = 0; start < tuples.size(); start += batch_size) {
    const std::size_t count = std::min(batch_size, tuples.size() - start);
    look_up_batch(tuples.subspan(start, count), found.subspan(start, count));
  }
}

void SockDiag::look_up_batch(std::span<const TcpTuple> tuples, std::span<SocketInfo> found) {
  std::array<ExactRequest, batch_size> requests;
  const std::uint32_t first = sequence_ + 1;
  for (std::size_t i = 0; i < tuples.size(); ++i) requests[i] = exact_request(tuples[i], ++sequence_);
  int error = error_ != 0 ? error_ : send_all(fd_.get(), std::as_bytes(std::span(requests).first(tuples.size())));
  std::fill(found.begin(), found.end(), SocketInfo{});
  std::size_t answered = 0;
  while (error == 0 && answered < tuples.size()) {
    error = read_batch(fd_.get(), buffer_, tuples.size() - answered, [&](const DiagMessage& message) {
      const std::uint32_t index = message.sequence - first;  // an older sequence number wraps to a large index
      if (index >= tuples.size()) return true;
      found[index] = answer_in(message);
      ++answered;
      return true;
    });
  }
  if (error == 0) return;
  for (SocketInfo& info : found) {
    if (info.state == TcpState::unknown) info.error = error;
  }
}

int SockDiag::dump(std::uint32_t states, std::span<const std::byte> program,
                   const std::function<void(const TcpSocket&)>& each) {
  if (error_ != 0) return error_;
  int error = send_all(fd_.get(), dump_request(states, program, ++sequence_).bytes());
  bool done = false;
  while (error == 0 && !done) {
    const int failure = read_answers(fd_.get(), buffer_, [&](const DiagMessage& message) {
      if (message.sequence != sequence_) return true;
      done = message.kind != DiagMessage::Kind::socket;
      if (error == 0) error = message.error;
      if (!done) each(message.socket);
      return !done;
    });
    if (failure != 0) return failure;
  }
  return error;
}

}  // namespace closelab::net
