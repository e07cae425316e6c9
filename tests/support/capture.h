#pragma once

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
  /// Throws std::runtime_error when capturing is not possible here.
  Sniffer();

  /// Everything captured until now; ends the capture.
  Connections finish();
  /// Packets that were missed; after finish().
  unsigned dropped() const { return capture_.dropped(); }

 private:
  void run(const std::stop_token& stop);
  void sort();

  testbed::Capture capture_;
  testbed::ConnectionSorter sorter_;
  std::jthread thread_;
};

}  // namespace closelab::kernel_test
