#pragma once

#include <cstdint>
#include <string>

#include "net/testbed/wire.h"

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

/// Makes an interface in this thread's namespace. Throws std::system_error when that is not allowed.
Wire make_link(LinkKind kind, const LinkOptions& options);

}  // namespace closelab::testbed
