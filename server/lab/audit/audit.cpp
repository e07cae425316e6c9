#include "server/lab/audit/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "net/testbed/network.h"
#include "server/lab/admin/reply.h"
#include "server/lab/audit/audit_report.h"
#include "server/lab/audit/card.h"
#include "server/lab/audit/comparison.h"
#include "server/lab/audit/interruption.h"
#include "server/lab/audit/make_client.h"
#include "server/lab/audit/runner.h"
#include "server/lab/audit/scenario_file.h"
#include "server/lab/page/report.h"
#include "server/lab/settings/conf_folder.h"
#include "server/lab/settings/output_file.h"
#include "server/lab/settings/text_style.h"
#include "server/lab/settings/toml_text.h"
#include "server/lab/settings/usage_error.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

/// MUSTs first; of one class in the order of their names.
std::vector<Scenario> read_scenarios(const std::vector<std::string>& words) {
  std::vector<Scenario> scenarios;
  for (const auto& file : ConfFolder{"audit", "scenario", "closelab audit --list"}.files(words))
    scenarios.push_back(read_scenario(file.string()));
  std::ranges::stable_sort(scenarios, {}, &Scenario::requirement);
  return scenarios;
}

/// Where only a part of the scenarios is played, only what is expected of these.
ExpectedGrades read_expected(const AuditSettings& settings, const std::vector<Scenario>& scenarios) {
  if (settings.expected.empty()) return {};
  ExpectedGrades expected = parse_expected_grades(read_toml_file(settings.expected), settings.expected);
  if (!settings.scenarios.empty())
    std::erase_if(expected, [&](const auto& entry) {
      return std::ranges::find(scenarios, entry.first, &Scenario::id) == scenarios.end();
    });
  return expected;
}

/// Where this machine does not allow a private network, loopback has to do, without packets as a witness.
std::string find_place(const AuditSettings& settings, std::vector<Scenario>& scenarios) {
  std::string place = "on loopback";
  try {
    if (settings.in_private_network) {
      testbed::enter_private_network();
      return "in a private network";
    }
  } catch (const std::system_error& error) {
    place = fmt::format("on loopback: no private network is allowed here ({})", error.code().message());
  }
  for (Scenario& scenario : scenarios) scenario.server.witness = WitnessChoice::off;
  return place;
}

struct OutputFiles {
  explicit OutputFiles(const AuditSettings& settings)
      : expected(settings.write_expected), junit(settings.junit), report(settings.report) {}

  OutputFile expected;
  OutputFile junit;
  OutputFile report;
};

/// False when one could not be written, which is said.
bool write_files(OutputFiles& files, const AuditRun& run, const Json& json) {
  try {
    if (files.expected.is_wanted()) files.expected.write(format_expected_grades(run.graded));
    if (files.junit.is_wanted()) files.junit.write(junit_xml(run));
    if (files.report.is_wanted()) files.report.write(report_page("Audit of " + run.client, json_line(json)));
  } catch (const std::system_error& error) {
    fmt::print(stderr, "closelab: error: {}\n", error.what());
    return false;
  }
  return true;
}

/// A client that can't even say what it is can't be started.
std::string version_of(const ClientFactory& make_client) {
  try {
    return make_client()->version();
  } catch (const std::exception& error) {
    throw UsageError(error.what());
  }
}

Json read_report(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UsageError(fmt::format("{}: {}", file, std::strerror(errno)));
  Json report = Json::parse(in, nullptr, false);
  if (!is_audit_report(report))
    throw UsageError(fmt::format("{} is not what `closelab audit --format json` prints", file));
  return report;
}

int compare(const AuditSettings& settings) {
  const std::vector<std::string>& words = settings.scenarios;
  const bool is_for_audits = !settings.junit.empty() || !settings.expected.empty() || !settings.write_expected.empty();
  if (is_for_audits || !settings.command.empty())
    throw UsageError("compare reads audits, and plays nothing: it takes --format and --report");
  if (words.size() < 3) throw UsageError("compare takes two files or more: `closelab audit compare FILE FILE...`");
  std::vector<Json> reports;
  for (auto word = words.begin() + 1; word != words.end(); ++word) reports.push_back(read_report(*word));
  OutputFile page(settings.report);
  const Json json = comparison_json(reports);
  if (page.is_wanted()) page.write(report_page(fmt::format("Audits of {} clients", reports.size()), json_line(json)));
  fmt::print("{}", settings.format == LogFormat::text ? comparison(reports) : json_line(json) + '\n');
  return EXIT_SUCCESS;
}

std::string heading(const AuditRun& run, const std::string& place) {
  const std::string version = run.client_version.empty() ? "" : fmt::format(" ({})", run.client_version);
  return fmt::format("{} audits {}{}\n{}, {}\n\n", run.facts.program, run.client, server::printable(version),
                     run.facts.kernel, place);
}

std::string closing(const AuditRun& run, std::chrono::steady_clock::duration took) {
  return fmt::format("\n{} in {:.1f} s\n", server::counted(run.graded.size(), "scenario"),
                     std::chrono::duration<double>(took).count());
}

int interrupted(const std::string& signal) {
  fmt::print(stderr, "closelab: error: the audit was ended by {}\n", signal);
  return Outcome::failed_audit;
}

}  // namespace

int audit(const AuditSettings& settings) {
  if (!settings.scenarios.empty() && settings.scenarios.front() == "compare") return compare(settings);
  std::vector<Scenario> scenarios = read_scenarios(settings.scenarios);
  if (settings.list) {
    fmt::print("{}", scenario_list(scenarios));
    return EXIT_SUCCESS;
  }
  const ClientFactory make_client = client_factory(settings);
  const ExpectedGrades expected = read_expected(settings, scenarios);
  OutputFiles files(settings);
  // A client that has ended is noticed where it is written to.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const std::string place = find_place(settings, scenarios);
  const Interruption interruption;
  const bool as_text = settings.format == LogFormat::text;
  const TextLayout layout = choose_text_layout(settings.color);
  AuditRun run{.client = client_text(settings), .client_version = version_of(make_client), .facts = run_facts()};
  if (as_text) fmt::print("{}", heading(run, place));
  const auto begin = std::chrono::steady_clock::now();
  run.graded = run_audit(scenarios, make_client, {settings.jobs, settings.repeat}, [&](const Graded& graded) {
    if (as_text && interruption.signal().empty()) fmt::print("{}", graded_text(graded, layout));
    std::fflush(stdout);
  });
  if (const std::string signal = interruption.signal(); !signal.empty()) return interrupted(signal);
  const Outcome outcome = outcome_of(run.graded, expected, settings.strict);
  const Json json = audit_json(run, outcome);
  fmt::print("{}", as_text ? card(run.graded, outcome, layout) : json_line(json) + '\n');
  if (as_text) fmt::print("{}", closing(run, std::chrono::steady_clock::now() - begin));
  return write_files(files, run, json) ? outcome.exit_code() : Outcome::failed_audit;
}

}  // namespace closelab::lab
