#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "closelab/server.h"

namespace closelab::kernel_test {

/// A way in which a connection ends, and how; what is not set is for the packets to say.
struct WitnessSituation {
  std::string_view name;
  void (*play)(const Endpoint& server);
  std::optional<Side> closed_first{};
  std::optional<ResetBy> reset_by{};
  std::optional<TimeWait> time_wait{};
};

/// Endings that a server can't tell apart, or not all of the time, without packets, and the classic ones. They mean the
/// same whether the client is on this machine or on another.
std::span<const WitnessSituation> witness_situations();

/// Of a server that these situations are played with.
Options witness_options();
void add_witness_routes(Server& server);

}  // namespace closelab::kernel_test
