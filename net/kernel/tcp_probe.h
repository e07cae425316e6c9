#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "closelab/endpoint.h"
#include "closelab/evidence.h"

namespace closelab::net {

enum class SampleDepth : std::uint8_t {
  state,   ///< TCP_INFO alone; unread and unacked stay 0
  queues,  ///< what SIOCINQ and SIOCOUTQ tell, too
};

/// `read` is how many bytes have been read from it, if that is known: what the queues hold then mostly follows from
/// TCP_INFO, which is one call instead of three and one moment for all.
fact::Sampled sample_socket(int fd, SampleDepth depth, std::optional<std::uint64_t> read = std::nullopt);

/// SIOCINQ: received bytes that were not read. A queued FIN alone counts 0.
std::uint32_t unread_bytes(int fd);

/// SIOCOUTQ: bytes sent or to be sent that the peer has not acknowledged; our FIN counts as one.
std::uint32_t unacknowledged_bytes(int fd);

/// How many connections wait in a listener's accept queue.
std::uint32_t waiting_connections(int listener);

/// SO_COOKIE, a number that the socket keeps into TIME_WAIT and that no other socket of this boot has.
std::uint64_t socket_cookie(int fd);

/// SO_ERROR: reads and clears the error that the kernel holds against the socket. Call it only when
/// recv() has nothing more to say: it turns a pending ECONNRESET into EOF.
int take_pending_error(int fd);

/// Makes the kernel drop a FIN or RST that the peer still sends to this socket, so that the connection stays what the
/// next sample says until an RST of ours ends it. What is dropped was on the wire all the same: dropped_segments()
/// tells. By a socket filter, or, where that takes CAP_NET_ADMIN, by stop_receiving_anything(). False when the kernel
/// refused.
bool stop_receiving(int fd);

/// The same without privilege, for every segment: by a minimum of the hop limit (RFC 5082) that no sender reaches but
/// one that begins with 255, at which it is refused.
bool stop_receiving_anything(int fd);

/// Segments that the kernel has dropped at this socket (SO_MEMINFO), by a filter too; 0 when it can't be asked.
std::uint32_t dropped_segments(int fd);

}  // namespace closelab::net
