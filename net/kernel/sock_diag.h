#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "closelab/endpoint.h"
#include "closelab/tcp_state.h"
#include "closelab/tcp_table.h"
#include "net/socket/unique_fd.h"

namespace closelab::net {

/// A connection as one of its ends sees it.
struct TcpTuple {
  Endpoint local;
  Endpoint remote;

  TcpTuple swapped() const { return {remote, local}; }
};

/// What an exact lookup found; TIME_WAIT and FIN_WAIT_2 also after their descriptor is gone.
struct SocketInfo {
  TcpTuple tuple;
  /// CLOSED when there is no such socket, `unknown` when the kernel could not be asked (`error`).
  TcpState state = TcpState::unknown;
  /// SO_COOKIE of the socket found.
  std::uint64_t cookie = 0;
  TcpTimer running_timer = TcpTimer::none;
  /// What is left on its timer: of TIME_WAIT, that is how long it still lasts.
  std::chrono::milliseconds timer{};
  /// The owner's; 0 also once no descriptor refers to it.
  std::uint32_t uid = 0;
  /// 0 once no descriptor refers to it.
  std::uint32_t inode = 0;
  int error = 0;
};

/// One bit per state, for dumps.
constexpr std::uint32_t state_bit(TcpState state) { return 1U << static_cast<unsigned>(state); }
constexpr std::uint32_t all_states = 0xfffU;

/// Asks the kernel's socket tables of this network namespace through NETLINK_SOCK_DIAG (sock_diag(7)); no privilege
/// needed.
class SockDiag {
 public:
  SockDiag();
  /// 0, or the errno that kept the netlink socket from opening.
  int error() const { return error_; }

  /// Exact lookups by 4-tuple, 64 to a send (about 2 us each). `found[i]` answers `tuples[i]`; a listening
  /// socket, which the kernel falls back to, counts as none.
  void look_up(std::span<const TcpTuple> tuples, std::span<SocketInfo> found);

  /// Every TCP socket in one of the states, IPv4 and IPv6, that the program (see compile(); empty: none) lets pass.
  /// Returns 0, or an errno when not all of them came; EAGAIN: the table changed too much meanwhile. After an error the
  /// object is used up.
  int dump(std::uint32_t states, std::span<const std::byte> program, const std::function<void(const TcpSocket&)>& each);

 private:
  void look_up_batch(std::span<const TcpTuple> tuples, std::span<SocketInfo> found);

  UniqueFd fd_;
  int error_ = 0;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace closelab::net
