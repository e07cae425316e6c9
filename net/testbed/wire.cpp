#include "net/testbed/wire.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/testbed/failed_call.h"

namespace closelab::testbed {
namespace {

constexpr std::size_t largest_packet = 65536;

}  // namespace

bool Wire::take(std::string& packet) {
  if (ring_) return ring_->take(packet);
  packet.resize(largest_packet);
  const ssize_t size = ::read(fd(), packet.data(), packet.size());
  packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return size > 0;
}

void Wire::send(const std::string& packet) {
  if (::write(fd(), packet.data(), packet.size()) >= 0) return;
  if (errno != EAGAIN && errno != ENOBUFS && errno != EINVAL) fail("sending to a host");
  ++lost_;
}

std::uint32_t Wire::lost() {
  // The kernel counts anew after each answer (packet(7), PACKET_STATISTICS). A TUN device it does not count this way.
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (ring_ && ::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) lost_ += statistics.tp_drops;
  return lost_;
}

}  // namespace closelab::testbed
