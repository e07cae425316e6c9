#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "closelab/endpoint.h"
#include "closelab/evidence.h"

namespace closelab::net {

/// What the kernel says of our own connected socket. TIME_WAIT never shows here: the descriptor then
/// reads CLOSED, as after LAST_ACK or an RST, and only sock_diag can tell them apart.
struct SocketSample {
  TcpState state = TcpState::unknown;
  std::uint32_t unread = 0;
  std::uint32_t unacked = 0;
  std::uint32_t unsent = 0;
  std::chrono::microseconds rtt{};
  std::uint32_t segments_in = 0;
  std::uint32_t window = 0;
};

enum class SampleDepth : std::uint8_t {
  state,   ///< TCP_INFO alone; unread and unacked stay 0
  queues,  ///< what SIOCINQ and SIOCOUTQ tell, too
};

/// `read` is how many bytes have been read from it, if that is known: what the queues hold then mostly follows from
/// TCP_INFO, which is one call instead of three and one moment for all.
SocketSample sample_socket(int fd, SampleDepth depth, std::optional<std::uint64_t> read = std::nullopt);

/// SIOCINQ: received bytes that were not read. A queued FIN alone counts 0.
std::uint32_t unread_bytes(int fd);

/// SIOCOUTQ: bytes sent or to be sent that the peer has not acknowledged; our FIN counts as one.
std::uint32_t unacknowledged_bytes(int fd);

/// SO_COOKIE, a number that the socket keeps into TIME_WAIT and that no other socket of this boot has.
std::uint64_t socket_cookie(int fd);

/// SO_ERROR: reads and clears the error that the kernel holds against the socket. Call it only when
/// recv() has nothing more to say: it turns a pending ECONNRESET into EOF.
int take_pending_error(int fd);

/// Makes the kernel drop whatever the peer still sends to this socket, so that nothing can change between
/// the next sample and an RST of ours. It works by IP_MINTTL (RFC 5082's TTL check), which needs no privilege: a
/// segment whose TTL is below 255 is ignored. False when the kernel refused.
bool stop_receiving(int fd, AddressFamily family);

}  // namespace closelab::net
