#pragma once

#include <functional>
#include <latch>
#include <memory>
#include <thread>

#include "net/testbed/capture.h"
#include "net/testbed/segment.h"
#include "net/testbed/wire_verdict.h"

namespace closelab::kernel_test {

using testbed::Connections;
using testbed::Ends;
using testbed::First;
using testbed::Packet;
using testbed::plain;
using testbed::WireVerdict;

/// Captures the loopback interface and sorts its packets while they come, on a thread of its own: there are more of
/// them than the kernel would hold.
class Sniffer {
 public:
  /// `on_thread`: called on its thread before this returns; the thread keeps what it gives to its end. Throws
  /// std::runtime_error when capturing is not possible here.
  explicit Sniffer(std::function<std::shared_ptr<void>()> on_thread = {});

  /// Everything captured until now; ends the capture.
  Connections finish();
  /// Packets that were missed; after finish().
  unsigned dropped() const { return capture_.dropped(); }

 private:
  void run(const std::stop_token& stop, const std::function<std::shared_ptr<void>()>& on_thread);
  void sort();

  testbed::Capture capture_;
  testbed::ConnectionSorter sorter_;
  std::latch begun_{1};
  std::jthread thread_;
};

}  // namespace closelab::kernel_test
