#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/testbed/link.h"
#include "server/lab/experiments/judge.h"

namespace closelab::lab {

struct RunOptions {
  /// Whether slow cases are played.
  bool slow = false;
  /// Cases that are played at once.
  unsigned jobs = 2;
  bool in_private_network = true;
  /// What joins two hosts; empty: what is allowed here.
  std::optional<testbed::LinkKind> link{};
  /// Empty, or the directory for captures: NAME-CASE.pcapng, of two hosts NAME-CASE.client.pcapng and .server.pcapng.
  std::string pcap_directory{};
  /// Called when a case is done, with how many are, and of how many.
  std::function<void(std::size_t, std::size_t)> progress{};
};

/// Plays every case in a process of its own, several at once, and judges what came of it. Must be called without
/// threads. The results refer to the experiments.
std::vector<ExperimentResult> play_all(const std::vector<Experiment>& experiments, const RunOptions& options);

}  // namespace closelab::lab
