#include "net/testbed/interface.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace closelab::testbed {

Interface::Interface(const std::string& name) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  name.copy(request_.ifr_name, IFNAMSIZ - 1);
}

int Interface::index() {
  send(SIOCGIFINDEX);
  return request_.ifr_ifindex;
}

void Interface::set_address(const char* ipv4) { set_ipv4(SIOCSIFADDR, ipv4); }

void Interface::set_peer_address(const char* ipv4) { set_ipv4(SIOCSIFDSTADDR, ipv4); }

void Interface::set_mtu(int bytes) {
  request_.ifr_mtu = bytes;
  send(SIOCSIFMTU);
}

void Interface::disable_checksum_offload() {
  // Segmentation offload needs checksum offload, and goes with it.
  ethtool_value value{.cmd = ETHTOOL_STXCSUM, .data = 0};
  request_.ifr_data = reinterpret_cast<char*>(&value);
  send(SIOCETHTOOL);
}

void Interface::bring_up(int flags) {
  request_.ifr_flags = static_cast<short>(IFF_UP | flags);
  send(SIOCSIFFLAGS);
}

void Interface::set_ipv4(unsigned long what, const char* address) {
  sockaddr_in value{};
  value.sin_family = AF_INET;
  ::inet_pton(AF_INET, address, &value.sin_addr);
  std::memcpy(&request_.ifr_addr, &value, sizeof value);
  send(what);
}

void Interface::send(unsigned long what) {
  if (::ioctl(fd_.get(), what, &request_) == 0) return;
  throw std::system_error(errno, std::generic_category(), std::string("configuring ") + request_.ifr_name);
}

}  // namespace closelab::testbed
