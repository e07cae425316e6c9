#include "net/tcp_probe.h"

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

}  // namespace

SocketSample sample_socket(int fd, SampleDepth depth) {
  SocketSample sample;
  if (depth == SampleDepth::queues) {
    sample.unread = unread_bytes(fd);
    sample.unacked = unacknowledged_bytes(fd);
  }
  // The state last, so that as little as possible happens between it and what the caller does next.
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, 6 /* IPPROTO_TCP */, TCP_INFO, &info, &length) != 0) return sample;
  sample.state = tcp_state_from_kernel(info.tcpi_state);
  sample.unsent = info.tcpi_notsent_bytes;
  sample.rtt = std::chrono::microseconds(info.tcpi_rtt);
  sample.segments_in = info.tcpi_segs_in;
  sample.window = info.tcpi_snd_wnd;
  return sample;
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
