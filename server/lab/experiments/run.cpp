#include "server/lab/experiments/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "server/lab/experiments/experiment_file.h"
#include "server/lab/experiments/report_json.h"
#include "server/lab/experiments/scheduler.h"
#include "server/lab/experiments/summary.h"
#include "server/lab/experiments/text_report.h"
#include "server/lab/page/report.h"
#include "server/lab/settings/text_style.h"
#include "server/lab/settings/usage_error.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

namespace fs = std::filesystem;

/// Where the experiments that come with closelab are: here, or where the program was built, or installed.
fs::path experiment_directory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate : {fs::path("conf/experiments"), program / "../../conf/experiments",
                                    program / "../share/closelab/conf/experiments"})
    if (fs::is_directory(candidate, error)) return candidate;
  throw UsageError("there is no directory conf/experiments here; name the files");
}

std::vector<fs::path> all_files() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(experiment_directory()))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// Which experiments may have been meant: those whose name has the word in it, else the one spelt most like it.
std::string suggestion(const std::string& word) {
  std::vector<std::string> names;
  for (const fs::path& file : all_files()) names.push_back(file.stem().string());
  std::vector<std::string> near;
  std::ranges::copy_if(names, std::back_inserter(near),
                       [&](const std::string& name) { return name.find(word) != std::string::npos; });
  if (near.empty()) near.emplace_back(server::nearest_word(word, {names.begin(), names.end()}));
  if (near.front().empty()) return "`closelab run --list` names them";
  return fmt::format("did you mean {}?", fmt::join(near, " or "));
}

fs::path file_of(const std::string& word) {
  if (word.find('/') != std::string::npos || word.ends_with(".toml")) return word;
  fs::path file = experiment_directory() / (word + ".toml");
  if (!fs::exists(file))
    throw UsageError(fmt::format("there is no experiment {}; {}", server::quoted(word), suggestion(word)));
  return file;
}

/// Its name stands for an experiment in reports and captures: each can be there once.
void add_file(const fs::path& file, std::vector<fs::path>& files) {
  const auto same_name = std::ranges::find(files, file.stem(), [](const fs::path& other) { return other.stem(); });
  if (same_name == files.end()) return files.push_back(file);
  std::error_code error;
  if (!fs::equivalent(file, *same_name, error))
    throw UsageError(fmt::format("{} and {} have one name; rename one", same_name->string(), file.string()));
}

std::vector<Experiment> read_all(const std::vector<std::string>& words) {
  std::vector<fs::path> files;
  for (const std::string& word : words) add_file(file_of(word), files);
  if (words.empty()) files = all_files();
  std::vector<Experiment> experiments;
  for (const fs::path& file : files) experiments.push_back(read_experiment(file.string()));
  return experiments;
}

void print_progress(std::size_t done, std::size_t total) {
  fmt::print(stderr, "\r{} of {} cases played{}", done, total, done == total ? "\n" : "");
}

void print_reports(const std::vector<ExperimentResult>& results, const RunFacts& facts, const RunSettings& settings) {
  if (settings.format == LogFormat::json) {
    return fmt::print("{}\n", report_json(results, facts).dump());
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

/// Opened before anything is played, which would be in vain without it.
std::ofstream open_report(const std::string& file) {
  std::ofstream report;
  if (file.empty()) return report;
  report.open(file);
  if (!report) throw UsageError(fmt::format("{}: {}", file, std::strerror(errno)));
  return report;
}

void write_report(std::ofstream& report, const std::string& file, const std::string& page) {
  report << page << std::flush;
  if (!report) throw std::runtime_error(fmt::format("{}: {}", file, std::strerror(errno)));
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
  std::ofstream report = open_report(settings.report_file);
  const RunFacts facts = run_facts();
  const std::vector<ExperimentResult> results = play_all(experiments, options);
  if (report.is_open())
    write_report(report, settings.report_file,
                 report_page("How TCP connections end", report_json(results, facts).dump()));
  if (settings.show == RunSettings::Show::claims) {
    fmt::print("{}", claims_table(results, choose_text_layout(settings.color)));
  } else {
    print_reports(results, facts, settings);
  }
  return std::ranges::all_of(results, &ExperimentResult::as_expected) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace closelab::lab
