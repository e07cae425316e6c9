#pragma once

#include <cstdint>

#include "net/testbed/socket.h"
#include "server/lab/audit/client.h"

namespace closelab::lab {

/// The client in front of a proxy. It keeps its connection from one request to the next, as the clients of proxies do,
/// and never sends a request twice: what the upstream gets twice is the proxy's doing, and what is lost on a connection
/// that the proxy ends is lost for the caller.
class FrontClient {
 public:
  /// The proxy's port on 127.0.0.1.
  explicit FrontClient(std::uint16_t port) : port_(port) {}

  /// Plays a step; what it saw of a request that it has read to its end is in Reply::front.
  Reply play(const ClientStep& step);

 private:
  Reply play_on_kept(const ClientStep& step);
  Reply play_burst(const ClientStep& step) const;

  std::uint16_t port_;
  /// Open, and idle since the last request.
  testbed::Socket kept_;
};

}  // namespace closelab::lab
