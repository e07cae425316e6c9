#include "server/lab/experiments/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "server/lab/admin/reply.h"
#include "server/lab/experiments/experiment_file.h"
#include "server/lab/experiments/report_json.h"
#include "server/lab/experiments/scheduler.h"
#include "server/lab/experiments/summary.h"
#include "server/lab/experiments/text_report.h"
#include "server/lab/page/report.h"
#include "server/lab/settings/conf_folder.h"
#include "server/lab/settings/output_file.h"
#include "server/lab/settings/text_style.h"

namespace closelab::lab {
namespace {

namespace fs = std::filesystem;

std::vector<Experiment> read_all(const std::vector<std::string>& words) {
  std::vector<Experiment> experiments;
  for (const fs::path& file : ConfFolder{"experiments", "experiment", "closelab run --list"}.files(words))
    experiments.push_back(read_experiment(file.string()));
  return experiments;
}

void print_progress(std::size_t done, std::size_t total) {
  fmt::print(stderr, "\r{} of {} cases played{}", done, total, done == total ? "\n" : "");
}

void print_reports(const std::vector<ExperimentResult>& results, const RunFacts& facts, const RunSettings& settings) {
  if (settings.format == LogFormat::json) {
    return fmt::print("{}\n", json_line(report_json(results, facts)));
  }
  const TextLayout layout = choose_text_layout(settings.color);
  for (const ExperimentResult& result : results) fmt::print("{}", text_report(result, layout));
  fmt::print("{}", summary(results, layout));
}

/// What is to be said of how the experiments are written: the same for many cases, once.
void print_notes(const std::vector<Experiment>& experiments) {
  std::set<std::string> said;
  for (const Experiment& experiment : experiments)
    for (const Case& one : experiment.cases)
      for (const std::string& note : one.server.notes)
        if (said.insert(note).second) fmt::print(stderr, "closelab: note: {}\n", note);
}

}  // namespace

int run(const RunSettings& settings) {
  const std::vector<Experiment> experiments = read_all(settings.experiments);
  print_notes(experiments);
  if (settings.show == RunSettings::Show::list) {
    fmt::print("{}", experiment_list(experiments, choose_text_layout(settings.color)));
    return EXIT_SUCCESS;
  }
  RunOptions options{.slow = settings.slow,
                     .jobs = settings.jobs,
                     .in_private_network = settings.in_private_network,
                     .pcap_directory = settings.pcap_directory};
  if (::isatty(STDERR_FILENO) != 0) options.progress = print_progress;
  if (!options.pcap_directory.empty()) fs::create_directories(options.pcap_directory);
  OutputFile report(settings.report_file);
  const RunFacts facts = run_facts();
  const std::vector<ExperimentResult> results = play_all(experiments, options);
  if (report.is_wanted()) report.write(report_page("How TCP connections end", json_line(report_json(results, facts))));
  if (settings.show == RunSettings::Show::claims) {
    fmt::print("{}", claims_table(results, choose_text_layout(settings.color)));
  } else {
    print_reports(results, facts, settings);
  }
  return std::ranges::all_of(results, &ExperimentResult::as_expected) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace closelab::lab
