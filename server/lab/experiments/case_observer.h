#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/lab/experiments/case_setup.h"
#include "server/lab/experiments/outcome.h"
#include "server/lab/experiments/packet_picture.h"

namespace closelab::lab {

/// Time since the epoch, as captured packets have it.
std::chrono::nanoseconds now();

/// Watches a play from outside of it: the states of one connection's ends while it goes on; packets, sockets and the
/// kernel's counters when it is over.
class CaseObserver {
 public:
  explicit CaseObserver(CaseSetup& stage) : stage_(stage), counters_(stage.counters()) {}

  /// From now on, look() looks at this connection.
  void watch(const testbed::Ends& ends) { watched_ = ends; }
  bool is_watching() const { return watched_.has_value(); }
  void look();
  /// The state of an end at this moment; CLOSED when there is no such socket.
  TcpState state_of(Side side, const testbed::Ends& ends) const;

  /// Waits until nothing changes any more, and takes down what there is to see. Ports of listeners tell whose end a
  /// socket is.
  void conclude(const std::vector<std::uint16_t>& server_ports, std::vector<CallSeen> calls, CaseOutcome& outcome);
  /// The same as the textbook's netstat shows it.
  static void ask_netstat(Observations& observed);

 private:
  void settle();
  void take_down_sockets(const std::vector<std::uint16_t>& server_ports, Observations& observed) const;
  void take_down_wire(CaseOutcome& outcome);
  void take_down_counters(Observations& observed) const;
  void take_down_states(Observations& observed) const;

  CaseSetup& stage_;
  const std::map<std::string, std::uint64_t> counters_;
  std::optional<testbed::Ends> watched_;
  std::vector<StateSeen> states_;
  std::optional<std::chrono::nanoseconds> last_look_;
  /// The longest time between two looks.
  std::chrono::nanoseconds blind_{0};
};

}  // namespace closelab::lab
