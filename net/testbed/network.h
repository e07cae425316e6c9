#pragma once

#include <string>
#include <string_view>

#include "net/socket/unique_fd.h"

namespace closelab::testbed {

/// Moves this process into a user and network namespace of its own, where loopback, all ports and every packet are
/// ours, and brings lo up. Needs no privilege where the kernel allows unprivileged user namespaces. Call it before any
/// thread is started; throws std::system_error when it is not allowed.
void enter_private_network();

/// Goes on in a new process that, with all its children, is alone: it can't signal or see anybody else, and when it
/// ends its children do. The old one waits for it and exits with its status. Call it after enter_private_network().
void enter_private_processes();

/// Sets net.ipv4.NAME of this thread's network namespace. Throws std::runtime_error when there is none, or the kernel
/// refuses the value.
void set_ipv4_sysctl(std::string_view name, std::string_view value);

/// net.ipv4.NAME of this thread's network namespace, in one line; empty when this kernel has none of that name.
std::string ipv4_sysctl(std::string_view name);

/// A network namespace.
class Host {
 public:
  /// This thread's.
  static Host current();
  /// A new one, which this thread then is in.
  static Host create();

  /// Moves this thread there: sockets that it makes from now on belong to it.
  void enter() const;

 private:
  explicit Host(net::UniqueFd fd) : fd_(std::move(fd)) {}
  net::UniqueFd fd_;
};

/// Address of a host of the two-host network; of TEST-NET-1 (RFC 5737).
constexpr const char* client_address = "192.0.2.1";
constexpr const char* server_address = "192.0.2.2";

}  // namespace closelab::testbed
