#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "closelab/endpoint.h"
#include "closelab/tcp_state.h"

namespace closelab {

/// The kernel's timer that runs on a socket (sock_diag(7), idiag_timer).
enum class TcpTimer : std::uint8_t {
  none,
  retransmit,    ///< sent bytes, or a SYN or FIN, are not acknowledged
  keepalive,     ///< SO_KEEPALIVE; and SYN_RECEIVED, to send the SYN again
  time_wait,     ///< TIME_WAIT; and FIN_WAIT_2 once no descriptor refers to the socket
  window_probe,  ///< the peer's receive window is closed
};

/// A socket as the kernel's table holds it: one end of a connection, or a listener.
struct TcpSocket {
  Endpoint local{};
  /// Port 0 for a listener.
  Endpoint remote{};
  TcpState state = TcpState::unknown;
  TcpTimer timer = TcpTimer::none;
  /// Until the timer is due; of TIME_WAIT, how long it still lasts. Linux's timer wheel may keep a TIME_WAIT with 0 ms
  /// left for up to about 2 s more.
  std::chrono::milliseconds timer_left{};
  /// Received bytes that the application has not read; of a listener, connections that wait for accept().
  std::uint32_t receive_queue = 0;
  /// Bytes that the peer has not acknowledged; of a listener, the length of the accept queue.
  std::uint32_t send_queue = 0;
  /// The owner's. Like `inode` 0 for TIME_WAIT, which belongs to the kernel alone.
  std::uint32_t uid = 0;
  /// The inode that /proc/PID/fd shows for its descriptor; 0 when no descriptor refers to it any more.
  std::uint32_t inode = 0;
  /// SO_COOKIE: a number that no other socket of this boot has, and that a socket keeps into TIME_WAIT.
  std::uint64_t cookie = 0;

  friend bool operator==(const TcpSocket&, const TcpSocket&) = default;
};

/// Addresses that share their first `prefix_length` bits (CIDR). An IPv4 range also holds the v4-mapped addresses that
/// a dual-stack socket has; a link-local address's interface is not compared.
struct AddressRange {
  /// Its port does not count.
  Endpoint address{};
  unsigned prefix_length = 0;
};

/// `10.0.0.0/8`, `2001:db8::/32`, or an address alone: that one. Empty when the text is neither.
std::optional<AddressRange> parse_address_range(std::string_view text);

/// As parse_address_range() reads it: `10.0.0.0/8`, `10.0.0.1`.
std::string to_string(const AddressRange& range);

/// Which sockets to ask for: those that meet every condition that is set. The kernel does the filtering.
struct TcpFilter {
  /// The port of either end.
  std::optional<std::uint16_t> port{};
  std::optional<std::uint16_t> local_port{};
  std::optional<AddressRange> local{};
  std::optional<AddressRange> peer{};
  /// Empty: any.
  std::vector<TcpState> states{};
};

/// What the kernel told. It walks its table while connections go on, so that this is no snapshot of one moment.
struct TcpTable {
  std::vector<TcpSocket> sockets{};
  /// Set when the kernel can't be asked, or its answer was cut: `sockets` is then not complete.
  std::error_code error{};
};

/// The TCP sockets of this network namespace, IPv4 and IPv6, through sock_diag(7); no privilege is needed. Costs about
/// 0.4 us for a socket that meets the filter, half of it for one that does not. May be called from any thread.
TcpTable tcp_sockets(const TcpFilter& filter = {});

using StateCounts = std::map<TcpState, std::size_t>;

/// How many sockets are in each state; states without any are left out.
StateCounts count_by_state(std::span<const TcpSocket> sockets);

/// `2 TIME_WAIT, 1 LISTEN`, in the order of the states' numbers.
std::string describe(const StateCounts& counts);

std::string_view to_string(TcpTimer timer);

std::ostream& operator<<(std::ostream& out, TcpTimer timer);
std::ostream& operator<<(std::ostream& out, const TcpSocket& socket);

}  // namespace closelab
