#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "closelab/server.h"

namespace closelab::kernel_test {

/// The servers of the test, one per configuration.
enum class Persona : std::uint8_t {
  lingering,
  ipv6,
  dual_stack,
  immediate,
  abortive,
  linger_0,
  linger_1,
  small_bounds,
  short_idle,
  short_timeouts,
  request_limit,
  one_connection,
  delayed,
  half,
  deferred,
  lingering_unread,
};
constexpr std::size_t persona_count = 16;

constexpr std::chrono::milliseconds short_idle_timeout{25};
constexpr std::chrono::milliseconds short_bound{20};

/// Requests for `/held` wait here until the test lets the answer go: the moment of the server's FIN is the test's.
class HeldRequests {
 public:
  void hold(Responder responder);
  /// Waits for the request of the connection from that port.
  Responder take(std::uint16_t client_port);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint16_t, Responder> held_;
};

/// Which requests have got to a handler: what `retry` says is checked against that.
class SeenRequests {
 public:
  void note(const Request& request);
  bool contains(std::uint64_t connection_id, std::uint64_t number) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
};

/// A server with the routes of the test:
///   /            a small answer
///   /big         1 MiB
///   /close/MODE  a small answer, then the end in that mode
///   /held        HeldRequests
///   /fails       a handler that throws
struct LabServer {
  explicit LabServer(const Options& options);

  /// Where a client of the test connects to.
  Endpoint reachable() const;

  HeldRequests held;
  SeenRequests seen;
  Server server;
};

class Lab {
 public:
  /// All servers listen on `address`; empty: each on its own loopback address.
  explicit Lab(const std::string& address = "");
  LabServer& at(Persona persona) { return *servers_[static_cast<std::size_t>(persona)]; }
  const std::array<std::unique_ptr<LabServer>, persona_count>& servers() const { return servers_; }

 private:
  std::array<std::unique_ptr<LabServer>, persona_count> servers_;
};

/// The default configuration of the test's servers.
Options lab_options();

}  // namespace closelab::kernel_test
