#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "closelab/tcp_table.h"

namespace closelab::net {

/// One netlink message of the kernel's answer to a question about sockets (sock_diag(7), netlink(7)).
struct DiagMessage {
  enum class Kind : std::uint8_t {
    socket,
    error,  ///< the request failed, or the message is not what it claims to be (EBADMSG)
    done,   ///< the end of a dump
  };
  Kind kind = Kind::error;
  /// The sequence number of the request that it answers.
  std::uint32_t sequence = 0;
  /// An errno, also of `done`; of a socket EAGAIN when the table changed while it was dumped.
  int error = 0;
  TcpSocket socket{};
};

/// Calls `each` for every message of one datagram until it returns false. Trusts no length: a message that is cut is
/// the last one, and an error. The datagram is aligned as the kernel aligns it, to 4 bytes.
void read_diag_messages(std::span<const char> datagram, const std::function<bool(const DiagMessage&)>& each);

}  // namespace closelab::net
