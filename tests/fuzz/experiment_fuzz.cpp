// An experiment's file, and the play in it.

#include <algorithm>

#include "server/lab/experiments/experiment_file.h"
#include "server/lab/settings/usage_error.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {
namespace {

using namespace lab;

void try_play(std::string_view input) {
  const auto lines = static_cast<unsigned>(1 + std::count(input.begin(), input.end(), '\n'));
  const ParsedSteps parsed = parse_steps(input, 1);
  for (const StepError& error : parsed.errors) {
    expect_error_text(error.what);
    expect(error.line >= 1 && error.line <= lines, "an error is in a line of the play");
  }
  for (const Step& step : parsed.steps) expect(step.line >= 1 && step.line <= lines, "a step is in a line of the play");
  if (parsed.errors.empty()) actors_of(parsed.steps);
}

}  // namespace

void try_input(std::string_view input) {
  try_play(input);
  try {
    const Experiment experiment = parse_experiment(input, "experiment.toml");
    expect(!experiment.cases.empty(), "an experiment has a case");
  } catch (const UsageError& error) {
    expect_error_text(error.what());
  }
}

}  // namespace closelab::fuzz
