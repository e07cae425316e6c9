#pragma once

#include "closelab/evidence.h"

namespace closelab::net {

/// States in which an end has the other's FIN, and all that was sent before it.
bool has_peers_fin(TcpState state);

/// Does this fact show that the client's FIN has been sent: it was read or captured, or an end is in a state into which
/// that leads?
bool shows_client_fin(const Evidence& evidence);

/// The same of ours. That close() sends it, when the client's was first, no fact shows before a state does.
bool shows_server_fin(const Evidence& evidence);

}  // namespace closelab::net
