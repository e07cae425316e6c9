#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "tests/where.h"

namespace closelab::lab {

inline const std::filesystem::path experiment_directory =
    std::filesystem::path(CLOSELAB_SOURCE_DIR) / "conf/experiments";

/// Those of experiment_directory.
std::vector<Experiment> all_experiments();
/// The same but for what a sanitizer makes too slow.
std::vector<Experiment> playable(std::vector<Experiment> experiments);

std::string contents(const std::filesystem::path& file);

/// Without the namespaces there is nothing to test; says so (tests/support/skip.h).
bool is_skipped(const ExperimentResult& result);

/// All experiments, played once, with their captures.
struct Performance {
  Performance();
  ~Performance() { std::filesystem::remove_all(captures); }
  Performance(const Performance&) = delete;
  Performance& operator=(const Performance&) = delete;

  const std::vector<Experiment> experiments = playable(all_experiments());
  std::filesystem::path captures;
  std::vector<ExperimentResult> results;
};

const Performance& performance();

}  // namespace closelab::lab
