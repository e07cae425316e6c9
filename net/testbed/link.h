#pragma once

#include <cstdint>
#include <string>

#include "net/socket/unique_fd.h"
#include "net/testbed/segment.h"

namespace closelab::testbed {

/// How a host is connected to the relay.
enum class LinkKind : std::uint8_t {
  tun,   ///< a TUN device: needs /dev/net/tun
  veth,  ///< a pair of virtual Ethernet devices, one of them read and written as raw frames: needs a namespace only
};

/// `tun` where this process may use it, else `veth`.
LinkKind allowed_link();

struct LinkOptions {
  /// The name of the interface that the host gets.
  std::string name;
  const char* own_address;
  const char* peer_address;
  int mtu = 1500;
};

/// The relay's end of a link: what the host sends is read from the descriptor, and what is written to it arrives at the
/// host, a packet each, which begins with `layer`.
struct Wire {
  net::UniqueFd fd;
  LinkLayer layer = LinkLayer::ip;
};

/// Makes an interface in this thread's namespace. Throws std::system_error when that is not allowed.
Wire make_link(LinkKind kind, const LinkOptions& options);

}  // namespace closelab::testbed
