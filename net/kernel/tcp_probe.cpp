#include "net/kernel/tcp_probe.h"

// linux/tcp.h, for tcpi_notsent_bytes, collides with netinet/tcp.h, which asio includes: keep asio out.
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <iterator>

namespace closelab::net {
namespace {

std::uint32_t queue_length(int fd, unsigned long request) {
  int bytes = 0;
  return ::ioctl(fd, request, &bytes) == 0 && bytes > 0 ? static_cast<std::uint32_t>(bytes) : 0;
}

bool get_info(int fd, tcp_info& info) {
  socklen_t length = sizeof info;
  return ::getsockopt(fd, 6 /* IPPROTO_TCP */, TCP_INFO, &info, &length) == 0;
}

/// Nothing is queued when all that was received has been read; the client's FIN counts as a byte received.
std::optional<std::uint32_t> unread_by_info(const tcp_info& info, std::uint64_t read) {
  const TcpState state = tcp_state_from_kernel(info.tcpi_state);
  const bool has_fin = state == TcpState::close_wait || state == TcpState::last_ack || state == TcpState::closing;
  return info.tcpi_bytes_received == read + (has_fin ? 1 : 0) ? std::optional<std::uint32_t>(0) : std::nullopt;
}

/// What was sent and not acknowledged, and what was not sent. Our FIN counts as one byte, also among those that were
/// acknowledged. Unknown after a retransmission, which counts as sent again, and after an RST, at which the kernel
/// forgets what was in flight.
std::optional<std::uint32_t> unacked_by_info(const tcp_info& info) {
  const TcpState state = tcp_state_from_kernel(info.tcpi_state);
  if (state == TcpState::closed || info.tcpi_bytes_retrans > 0) return std::nullopt;
  const bool fin_queued = state != TcpState::established && state != TcpState::close_wait;
  const std::uint64_t fin = fin_queued && info.tcpi_notsent_bytes == 0 ? 1 : 0;
  const std::uint64_t in_flight = info.tcpi_bytes_sent + fin - info.tcpi_bytes_acked;
  return static_cast<std::uint32_t>(in_flight) + info.tcpi_notsent_bytes;
}

fact::Sampled to_sample(const tcp_info& info) {
  fact::Sampled sample;
  sample.state = tcp_state_from_kernel(info.tcpi_state);
  sample.unsent = info.tcpi_notsent_bytes;
  sample.rtt = std::chrono::microseconds(info.tcpi_rtt);
  sample.retransmits = info.tcpi_total_retrans;
  sample.since_data = std::chrono::milliseconds(info.tcpi_last_data_recv);
  sample.segments_in = info.tcpi_segs_in;
  sample.window = info.tcpi_snd_wnd;
  return sample;
}

fact::Sampled with_queues(const tcp_info& info, std::uint32_t unread, std::uint32_t unacked) {
  fact::Sampled sample = to_sample(info);
  sample.unread = unread;
  sample.unacked = unacked;
  return sample;
}

}  // namespace

fact::Sampled sample_socket(int fd, SampleDepth depth, std::optional<std::uint64_t> read) {
  tcp_info info{};
  if (!get_info(fd, info)) return {};
  if (depth == SampleDepth::state) return to_sample(info);
  const std::optional<std::uint32_t> unread = read ? unread_by_info(info, *read) : std::nullopt;
  const std::optional<std::uint32_t> unacked = unacked_by_info(info);
  if (unread && unacked) return with_queues(info, *unread, *unacked);
  const std::uint32_t received = unread ? *unread : unread_bytes(fd);
  const std::uint32_t sent = unacked ? *unacked : unacknowledged_bytes(fd);
  // The state last, so that as little as possible happens between it and what the caller does next.
  if (tcp_state_from_kernel(info.tcpi_state) != TcpState::closed) get_info(fd, info);
  return with_queues(info, received, sent);
}

std::uint32_t unread_bytes(int fd) { return queue_length(fd, SIOCINQ); }

std::uint32_t unacknowledged_bytes(int fd) { return queue_length(fd, SIOCOUTQ); }

/// tcpi_unacked is the queue's length then (tcp_get_info()).
std::uint32_t waiting_connections(int listener) {
  tcp_info info{};
  return get_info(listener, info) && tcp_state_from_kernel(info.tcpi_state) == TcpState::listen ? info.tcpi_unacked : 0;
}

std::uint64_t socket_cookie(int fd) {
  std::uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

int take_pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : 0;
}

namespace {

/// Linux lets everybody filter a TCP socket until 5d39580f68e6 (2026), and CAP_NET_ADMIN alone since then.
bool filter_fin_and_rst(int fd) {
  constexpr std::uint32_t flags_offset = 13;  // in the TCP header, where the filter's view begins
  constexpr std::uint32_t fin_or_rst = 0x01 | 0x04;
  constexpr std::uint32_t whole_segment = 0xffffffff;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_offset),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, fin_or_rst, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, whole_segment),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

bool set_number(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// Where one family of IP has what.
struct HopLimit {
  int level;
  int minimum;
  int wanted;
  int options;
  int type;
};

constexpr HopLimit of_ipv4{IPPROTO_IP, IP_MINTTL, IP_RECVTTL, IP_PKTOPTIONS, IP_TTL};
constexpr HopLimit of_ipv6{IPPROTO_IPV6, IPV6_MINHOPCOUNT, IPV6_RECVHOPLIMIT, IPV6_2292PKTOPTIONS, IPV6_HOPLIMIT};

constexpr int greatest_hop_limit = 255;

/// With which hop limit the ACK of the handshake came, which the kernel keeps; the greatest when it does not say.
int peers_hop_limit(int fd, const HopLimit& family) {
  alignas(cmsghdr) char bytes[64] = {};
  socklen_t length = sizeof bytes;
  if (!set_number(fd, family.level, family.wanted, 1)) return greatest_hop_limit;
  if (::getsockopt(fd, family.level, family.options, bytes, &length) != 0) return greatest_hop_limit;
  msghdr message{};
  message.msg_control = bytes;
  message.msg_controllen = length;
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != family.level || each->cmsg_type != family.type) continue;
    int limit = 0;
    std::memcpy(&limit, CMSG_DATA(each), sizeof limit);
    return limit;
  }
  return greatest_hop_limit;
}

}  // namespace

bool stop_receiving_anything(int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) != 0) return false;
  // A socket of IPv6 may carry IPv4, whose minimum counts then.
  const bool is_ipv6 = local.ss_family == AF_INET6;
  if (peers_hop_limit(fd, is_ipv6 ? of_ipv6 : of_ipv4) >= greatest_hop_limit) return false;
  if (is_ipv6 && !set_number(fd, of_ipv6.level, of_ipv6.minimum, greatest_hop_limit)) return false;
  return set_number(fd, of_ipv4.level, of_ipv4.minimum, greatest_hop_limit);
}

bool stop_receiving(int fd) { return filter_fin_and_rst(fd) || stop_receiving_anything(fd); }

std::uint32_t dropped_segments(int fd) {
  std::uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof memory;
  return ::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length) == 0 ? memory[SK_MEMINFO_DROPS] : 0;
}

}  // namespace closelab::net
