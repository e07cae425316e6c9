#pragma once

#include <memory>
#include <thread>

#include "net/testbed/capture.h"
#include "net/testbed/network.h"
#include "net/testbed/relay.h"
#include "tests/support/capture.h"

namespace closelab::kernel_test {

/// A client's and a server's host with a network between them, captured at both ends. Make it before any thread is
/// started.
class TwoHosts {
 public:
  TwoHosts();

  testbed::Relay& relay() { return *relay_; }
  /// Moves this thread to the server's host, or the client's.
  void enter(Side side) const { side == Side::server ? server_.enter() : client_.enter(); }
  /// From now on packets are collected while they come: there are more than the kernel would hold.
  void start_capture();
  /// Everything captured until now; ends the capture.
  Connections finish_capture();
  unsigned dropped() const { return at_client_->dropped() + at_server_->dropped(); }

 private:
  void collect(const std::stop_token& stop);

  testbed::Host client_;
  testbed::Host server_;
  std::unique_ptr<testbed::Capture> at_client_;
  std::unique_ptr<testbed::Capture> at_server_;
  std::unique_ptr<testbed::Relay> relay_;
  std::jthread collecting_;
};

}  // namespace closelab::kernel_test
