#pragma once

#include <chrono>
#include <optional>

#include "closelab/endpoint.h"
#include "closelab/record.h"

namespace closelab::server {

/// The client's end of that connection, if it is in this network namespace, and its process.
std::optional<LocalClient> find_local_client(const Endpoint& server, const Endpoint& client);

/// When that end's keepalive timer is due, if it runs. The kernel tells of one timer alone: while the client waits for
/// an acknowledgement it is another one.
std::optional<std::chrono::milliseconds> find_keepalive(const Endpoint& server, const Endpoint& client);

}  // namespace closelab::server
