#include "net/kernel/tcp_probe.h"

// linux/tcp.h, for tcpi_notsent_bytes, collides with netinet/tcp.h, which asio includes: keep asio out.
#include <linux/in6.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace closelab::net {
namespace {

constexpr int level_ip = 0;         // IPPROTO_IP
constexpr int level_ipv6 = 41;      // IPPROTO_IPV6
constexpr int option_min_ttl = 21;  // IP_MINTTL, ip(7)

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

SocketSample to_sample(const tcp_info& info) {
  SocketSample sample;
  sample.state = tcp_state_from_kernel(info.tcpi_state);
  sample.unsent = info.tcpi_notsent_bytes;
  sample.rtt = std::chrono::microseconds(info.tcpi_rtt);
  sample.segments_in = info.tcpi_segs_in;
  sample.window = info.tcpi_snd_wnd;
  return sample;
}

SocketSample with_queues(const tcp_info& info, std::uint32_t unread, std::uint32_t unacked) {
  SocketSample sample = to_sample(info);
  sample.unread = unread;
  sample.unacked = unacked;
  return sample;
}

}  // namespace

SocketSample sample_socket(int fd, SampleDepth depth, std::optional<std::uint64_t> read) {
  tcp_info info{};
  if (!get_info(fd, info)) return {};
  if (depth == SampleDepth::state) return to_sample(info);
  const std::optional<std::uint32_t> unread = read ? unread_by_info(info, *read) : std::nullopt;
  const std::optional<std::uint32_t> unacked = unacked_by_info(info);
  if (unread && unacked) return with_queues(info, *unread, *unacked);
  const std::uint32_t received = unread_bytes(fd);
  const std::uint32_t sent = unacknowledged_bytes(fd);
  // The state last, so that as little as possible happens between it and what the caller does next.
  if (tcp_state_from_kernel(info.tcpi_state) != TcpState::closed) get_info(fd, info);
  return with_queues(info, received, sent);
}

std::uint32_t unread_bytes(int fd) { return queue_length(fd, SIOCINQ); }

std::uint32_t unacknowledged_bytes(int fd) { return queue_length(fd, SIOCOUTQ); }

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

bool stop_receiving(int fd, AddressFamily family) {
  const int highest = 255;
  // Which of the two counts on a dual-stack socket depends on the peer's address.
  const bool ipv4 = ::setsockopt(fd, level_ip, option_min_ttl, &highest, sizeof highest) == 0;
  const bool ipv6 =
      family == AddressFamily::ipv6 && ::setsockopt(fd, level_ipv6, IPV6_MINHOPCOUNT, &highest, sizeof highest) == 0;
  return ipv4 && (ipv6 || family != AddressFamily::ipv6);
}

}  // namespace closelab::net
