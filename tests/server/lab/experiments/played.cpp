#include "tests/server/lab/experiments/played.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "server/lab/experiments/experiment_file.h"
#include "server/lab/experiments/scheduler.h"
#include "tests/support/sanitized.h"
#include "tests/support/skip.h"

namespace closelab::lab {

namespace fs = std::filesystem;

std::vector<Experiment> all_experiments() {
  std::vector<Experiment> experiments;
  for (const fs::directory_entry& entry : fs::directory_iterator(experiment_directory))
    if (entry.path().extension() == ".toml") experiments.push_back(read_experiment(entry.path().string()));
  return experiments;
}

/// An old segment fits only if its connection sent faster than the clock of initial numbers runs, 15.6 MB/s each way. A
/// relay under a sanitizer carries less than half.
std::vector<Experiment> playable(std::vector<Experiment> experiments) {
  if (test::is_sanitized)
    std::erase_if(experiments, [](const Experiment& one) { return one.name == "j-old-duplicate"; });
  return experiments;
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_skipped(const ExperimentResult& result) {
  if (result.conclusion != Conclusion::not_shown) return false;
  for (const CaseResult& one : result.cases)
    if (!one.outcome.not_shown.empty()) test::skip(result.experiment->name + ": " + one.outcome.not_shown);
  return true;
}

Performance::Performance() {
  std::string place = (fs::temp_directory_path() / "closelab-pcap-XXXXXX").string();
  if (::mkdtemp(place.data()) == nullptr) throw std::runtime_error("no place for captures");
  captures = place;
  results = play_all(experiments, {.pcap_directory = place});
}

const Performance& performance() {
  static const Performance once;
  return once;
}

}  // namespace closelab::lab
