#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "closelab/endpoint.h"

namespace closelab::net {

/// An Endpoint in the form of the sockets API.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Endpoint& endpoint);
Endpoint to_endpoint(const SocketAddress& address);

/// Reads a numeric address, with `%scope` for link-local IPv6; empty when it is none.
std::optional<Endpoint> parse_address(const std::string& text, std::uint16_t port);

/// A v4-mapped address as the IPv4 address that it stands for; any other as it is.
Endpoint without_mapping(const Endpoint& endpoint);

/// Whether `wide` is a wildcard that `address` falls under; `::` also takes IPv4 unless it is told not to.
bool covers(const Endpoint& wide, const Endpoint& address);

/// getsockname(2); unspecified when it fails.
Endpoint local_endpoint(int fd);

/// Whether the address belongs to this network namespace, so that its sockets can be looked up here.
bool is_local_address(const Endpoint& endpoint);

}  // namespace closelab::net
