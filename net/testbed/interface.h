#pragma once

#include <net/if.h>

#include <string>

#include "net/socket/unique_fd.h"

namespace closelab::testbed {

/// A network interface of this thread's namespace, to be configured. Throws std::system_error when the kernel refuses.
class Interface {
 public:
  explicit Interface(const std::string& name);

  int index();
  void set_address(const char* ipv4);
  /// The address of the other end of a point-to-point interface.
  void set_peer_address(const char* ipv4);
  void set_mtu(int bytes);
  /// What is sent leaves with its checksums filled in, and in segments no larger than the MTU, as on a real wire.
  void disable_checksum_offload();
  /// With more IFF_ flags than IFF_UP.
  void bring_up(int flags = 0);

 private:
  void set_ipv4(unsigned long what, const char* address);
  void send(unsigned long what);

  net::UniqueFd fd_;
  ifreq request_{};
};

}  // namespace closelab::testbed
