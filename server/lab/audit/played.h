#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "closelab/record.h"
#include "closelab/tcp_state.h"
#include "server/lab/audit/passage.h"
#include "server/lab/audit/reply.h"

namespace closelab::lab {

/// A client's step as it was played.
struct PlayedStep {
  /// As the driver was told it: `POST http://127.0.0.1:40001/echo`.
  std::string text{};
  std::chrono::system_clock::time_point begun{};
  std::chrono::system_clock::time_point done{};
  Reply reply{};
  /// What a proxy made of it; nothing where there is none.
  std::optional<Passed> passed{};
};

/// The client's sockets towards the scenario's server, as the kernel showed them.
struct SocketsSeen {
  std::map<TcpState, std::size_t> states{};
  /// How many have a keepalive timer running.
  std::size_t with_keepalive = 0;
};

/// What came of a scenario, with one client.
struct Played {
  /// Why the audit could not play it; empty when it did.
  std::string harness_error{};
  /// Why it is nothing for this client; empty when it is.
  std::string not_applicable{};
  std::vector<PlayedStep> steps{};
  /// Every connection's, by id, as they were when the plan had been played.
  std::vector<ConnectionRecord> records{};
  std::uint64_t rules_fired = 0;
  /// At the last LOOK.
  std::optional<SocketsSeen> sockets{};
};

}  // namespace closelab::lab
