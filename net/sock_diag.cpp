#include "net/sock_diag.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace closelab::net {
namespace {

// A dump fills whatever is given; less than it has used before truncates silently, so it is fixed.
constexpr std::size_t receive_buffer_bytes = 64 * 1024;
constexpr std::size_t batch_size = 64;
constexpr std::size_t request_bytes = MNL_ALIGN(sizeof(nlmsghdr)) + MNL_ALIGN(sizeof(inet_diag_req_v2));

inet_diag_req_v2 exact_request(const TcpTuple& tuple) {
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

nlmsghdr* append_request(char* at, const inet_diag_req_v2& request, std::uint32_t sequence) {
  nlmsghdr* header = mnl_nlmsg_put_header(at);
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header->nlmsg_flags = NLM_F_REQUEST;
  header->nlmsg_seq = sequence;
  std::memcpy(mnl_nlmsg_put_extra_header(header, sizeof request), &request, sizeof request);
  return header;
}

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

TcpSocket to_tcp_socket(const nlmsghdr& header) {
  const auto& message = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&header));
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

SocketInfo to_socket_info(const TcpSocket& socket) {
  return {.tuple = {socket.local, socket.remote},
          .state = socket.state,
          .cookie = socket.cookie,
          .timer = socket.timer_left,
          .inode = socket.inode};
}

SocketInfo answer_to(const nlmsghdr& header) {
  SocketInfo info;
  if (header.nlmsg_type == NLMSG_ERROR) {
    info.error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&header))->error;
    if (info.error == ENOENT) info = SocketInfo{.tuple = {}, .state = TcpState::closed};
  } else {
    info = to_socket_info(to_tcp_socket(header));
    if (info.state == TcpState::listen) info = SocketInfo{.tuple = {}, .state = TcpState::closed};
  }
  return info;
}

/// What a message of a dump says of its fate; that there is no handler for the family comes with the end.
int dump_error(const nlmsghdr& header) {
  if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) return EAGAIN;
  if (header.nlmsg_type == NLMSG_ERROR) return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&header))->error;
  if (header.nlmsg_type != NLMSG_DONE || mnl_nlmsg_get_payload_len(&header) < sizeof(int)) return 0;
  return -*static_cast<const int*>(mnl_nlmsg_get_payload(&header));
}

/// The older form of request: what it names as a family is ignored, so that one walk through the kernel's table gives
/// IPv4 and IPv6 alike. The newer one takes a walk for each, which is most of the time when few sockets pass.
std::vector<char> dump_request(std::uint32_t states, std::span<const std::byte> program, std::uint32_t sequence) {
  constexpr std::size_t fixed = MNL_ALIGN(sizeof(nlmsghdr)) + MNL_ALIGN(sizeof(inet_diag_req));
  std::vector<char> buffer(fixed + MNL_ALIGN(MNL_ATTR_HDRLEN + program.size()));
  nlmsghdr* const header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = TCPDIAG_GETSOCK;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence;
  auto* const query = static_cast<inet_diag_req*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req)));
  query->idiag_states = states;
  if (!program.empty()) mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, program.size(), program.data());
  buffer.resize(header->nlmsg_len);
  return buffer;
}

UniqueFd open_netlink() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return fd;
  // An answer never waits on anybody; should one be lost, the lookup fails instead of hanging its thread.
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

int send_all(int fd, const void* data, std::size_t size) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = 0;
  do {
    sent = ::sendto(fd, data, size, 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
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

/// Calls `each` for every message of one datagram until it returns false.
template <class Each>
void for_each_message(const std::vector<char>& buffer, long bytes, Each each) {
  int left = static_cast<int>(bytes);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
  while (mnl_nlmsg_ok(header, left)) {
    if (!each(*header)) return;
    header = mnl_nlmsg_next(header, &left);
  }
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
  std::array<char, batch_size * request_bytes> requests{};
  char* at = requests.data();
  const std::uint32_t first = sequence_ + 1;
  for (const TcpTuple& tuple : tuples) at += append_request(at, exact_request(tuple), ++sequence_)->nlmsg_len;

  int error =
      error_ != 0 ? error_ : send_all(fd_.get(), requests.data(), static_cast<std::size_t>(at - requests.data()));
  std::fill(found.begin(), found.end(), SocketInfo{});
  std::size_t answered = 0;
  while (error == 0 && answered < tuples.size()) {
    const long bytes = receive(fd_.get(), buffer_);
    if (bytes < 0) error = static_cast<int>(-bytes);
    for_each_message(buffer_, bytes, [&](const nlmsghdr& header) {
      const std::uint32_t index = header.nlmsg_seq - first;  // an older sequence number wraps to a large index
      if (index >= tuples.size()) return true;
      found[index] = answer_to(header);
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
  const std::vector<char> request = dump_request(states, program, ++sequence_);
  int error = send_all(fd_.get(), request.data(), request.size());
  bool done = false;
  while (error == 0 && !done) {
    const long bytes = receive(fd_.get(), buffer_);
    if (bytes < 0) return static_cast<int>(-bytes);
    for_each_message(buffer_, bytes, [&](const nlmsghdr& header) {
      if (header.nlmsg_seq != sequence_) return true;
      done = header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR;
      if (error == 0) error = dump_error(header);
      if (!done) each(to_tcp_socket(header));
      return !done;
    });
  }
  return error;
}

}  // namespace closelab::net
