#include "server/lab/experiments/claims.h"

#include <algorithm>
#include <array>

namespace closelab::lab {
namespace {

constexpr std::array<Claim, 21> all{{
    {"A1", "netstat -nat | grep TIME_WAIT lists the connections in TIME_WAIT"},
    {"A2", "netstat -n | awk '/^tcp/ {++S[$NF]} ...' counts connections per state"},
    {"B1", "a segment lives in the network for at most MSL; older ones are dropped"},
    {"B2", "a TCP segment is the data part of an IP datagram"},
    {"B3", "MSL is 2 minutes in RFC 793; in practice 30 s, 1 min and 2 min are used"},
    {"B4", "TIME_WAIT is the 2MSL wait state"},
    {"B5", "the end that closes first enters TIME_WAIT, after the peer's FIN and the last ACK"},
    {"B6", "TIME_WAIT lasts 2 MSL because the last ACK may be lost: the FIN comes again and is ACKed again"},
    {"B7", "during TIME_WAIT the ports of both ends can't be used"},
    {"B8", "during TIME_WAIT late segments are discarded"},
    {"B9", "SO_REUSEADDR lets one use the occupied port without waiting"},
    {"C1", "three segments set a connection up, four release it"},
    {"C2", "TIME_WAIT belongs to the end that closes actively, client or server"},
    {"C3", "in general that is the client; a server closes passively"},
    {"C4", "with HTTP, Connection: close makes the server close actively"},
    {"C5", "with keep-alive only the client can disconnect"},
    {"C6", "a Keep-Alive field says how long the server holds the connection"},
    {"C7", "HTTP's default is close, so the server is the one with many TIME_WAITs"},
    {"C8", "browsers keep connections alive, so TIME_WAIT needs no tuning"},
    {"C9", "KeepAlive, its timeout and its maximum decide how a server treats connections"},
    {"C10", "TIME_WAIT is needed against a lost last ACK, and against late segments in a new connection"},
}};

}  // namespace

std::span<const Claim> claims() { return all; }

const Claim* find_claim(std::string_view id) {
  const auto found = std::ranges::find(all, id, &Claim::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace closelab::lab
