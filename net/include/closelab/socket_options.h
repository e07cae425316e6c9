#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "closelab/listener_mode.h"
#include "closelab/switch.h"

namespace closelab {

/// The kernel's MAX_TCP_KEEPIDLE.
constexpr std::chrono::seconds longest_tcp_keepalive{32767};
/// The kernel's TCP_FIN_TIMEOUT_MAX.
constexpr std::chrono::seconds longest_tcp_linger2{120};

/// Where and how to listen; see socket(7), tcp(7), ipv6(7).
struct ListenOptions {
  /// A numeric IPv4 or IPv6 address; `::` with `ipv6_only` off accepts both families.
  std::string address = "127.0.0.1";
  /// 0 lets the kernel choose.
  std::uint16_t port = 0;
  /// SO_REUSEADDR: bind although connections of an earlier socket linger on the port (TIME_WAIT and
  /// the other states without a listener). On Linux the earlier socket must have had it too.
  Switch reuse_address = Switch::on;
  /// SO_REUSEPORT: several listeners share the port and the kernel spreads connections over them.
  Switch reuse_port = Switch::off;
  /// IPV6_V6ONLY: an IPv6 listener leaves IPv4 alone.
  Switch ipv6_only = Switch::off;
  /// Length of the accept queue; the kernel caps it at net.core.somaxconn.
  int backlog = 4096;
  /// A TCP socket that listens already, bound by whoever hands it over: a service manager, or a test harness that
  /// wants to know the port before the server is there. The server works on a duplicate; close yours, or clients
  /// still connect after stop() and nobody answers. Everything above is decided then and has no effect, and there
  /// can be one reactor only. The socket is made non-blocking, and gets the options of SocketOptions, for all who
  /// share it.
  std::optional<int> fd{};
  /// From the start; Server::set_listener() changes it. A socket that was handed over does the same for all who share
  /// it.
  ListenerMode mode = ListenerMode::accept;

  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
};

/// Options of each connection; see socket(7) and tcp(7). Unset means the kernel's default.
struct SocketOptions {
  /// TCP_NODELAY: send small segments at once (RFC 9293 §3.7.4, Nagle off).
  Switch tcp_nodelay = Switch::on;
  /// SO_LINGER at close(): unset is off; 0 s makes close() an RST, unless both FINs have
  /// been exchanged before; n s makes close() wait up to
  /// n seconds for the peer to acknowledge. The wait is off the reactor and is measured;
  /// Server::stop() has to sit it out.
  std::optional<std::chrono::seconds> linger{};
  /// SO_KEEPALIVE with this TCP_KEEPIDLE and TCP_KEEPINTVL: the kernel probes a silent peer. Not to be
  /// confused with HTTP's keep-alive. At most longest_tcp_keepalive.
  std::optional<std::chrono::seconds> tcp_keepalive{};
  /// TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged before the kernel gives up.
  std::optional<std::chrono::milliseconds> tcp_user_timeout{};
  /// TCP_LINGER2: how long an orphaned socket stays in FIN_WAIT_2, instead of net.ipv4.tcp_fin_timeout. At most
  /// longest_tcp_linger2: the kernel takes a longer one for that, and before Linux 5.8 for none.
  std::optional<std::chrono::seconds> tcp_linger2{};
};

}  // namespace closelab
