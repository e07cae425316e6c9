#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/lab/experiments/judge.h"
#include "tests/where.h"

namespace closelab::lab {

inline const std::filesystem::path experiment_directory =
    std::filesystem::path(CLOSELAB_SOURCE_DIR) / "conf/experiments";

/// Of experiment_directory.
std::vector<Experiment> all_experiments();

std::string contents(const std::filesystem::path& file);

/// Without the namespaces there is nothing to test; says so (tests/support/skip.h).
bool is_skipped(const ExperimentResult& result);

/// All experiments, played once, with their captures.
struct Performance {
  Performance();
  ~Performance() { std::filesystem::remove_all(captures); }
  Performance(const Performance&) = delete;
  Performance& operator=(const Performance&) = delete;

  const std::vector<Experiment> experiments = all_experiments();
  std::filesystem::path captures;
  std::vector<ExperimentResult> results;
};

const Performance& performance();

}  // namespace closelab::lab
