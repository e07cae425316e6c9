#include "server/lab/experiments/settings.h"

#include <fmt/format.h>

#include "server/lab/settings/word_wrap.h"
#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

constexpr std::uint64_t most_jobs = 64;

constexpr std::string_view synopsis = R"(NAME
  closelab run - replay experiments with the end of TCP connections

SYNOPSIS
  closelab run [OPTION]... [FILE|NAME]...

DESCRIPTION
  Plays each experiment in a private network of its own, captures its packets,
  and prints the claim that it is about, the ladder of what went over the wire,
  and what follows: confirmed, refuted, or true under a condition. Without FILE
  or NAME it plays all experiments of conf/experiments/.

  It needs no root where the kernel allows unprivileged user namespaces. An
  experiment is one TOML file: copy one, change a value, and see what happens.

OPTIONS
)";

constexpr std::string_view epilogue = R"(
EXIT STATUS
  0  every experiment came out as its file says
  1  one did not, or could not be shown here: the report says why
  2  the command line or an experiment can't be understood

EXAMPLES
  closelab run
  closelab run g-reuse-address
  closelab run --claims
  closelab run --report report.html
  closelab run --pcap . my-experiment.toml
)";

std::string set_format(RunSettings& settings, std::string_view text) {
  if (text != "text" && text != "json") return fmt::format("\"{}\" is neither text nor json", text);
  settings.format = text == "json" ? LogFormat::json : LogFormat::text;
  return "";
}

std::string set_jobs(RunSettings& settings, std::string_view text) {
  const auto jobs = server::parse_number(text);
  if (!jobs) return jobs.error;
  if (jobs.value == 0 || jobs.value > most_jobs) return fmt::format("jobs are 1 to {}", most_jobs);
  settings.jobs = static_cast<unsigned>(jobs.value);
  return "";
}

std::string set_network(RunSettings& settings, std::string_view text) {
  if (text != "private" && text != "loopback") return fmt::format("\"{}\" is neither private nor loopback", text);
  settings.in_private_network = text == "private";
  return "";
}

std::string set_color(RunSettings& settings, std::string_view text) {
  if (text == "auto") {
    settings.color = Color::automatic;
  } else if (text == "always" || text == "never") {
    settings.color = text == "always" ? Color::always : Color::never;
  } else {
    return fmt::format("\"{}\" is none of auto, always, never", text);
  }
  return "";
}

}  // namespace

const std::vector<RunFlag>& run_flags() {
  using Text = std::string_view;
  using Show = RunSettings::Show;
  static const std::vector<RunFlag> flags{
      {"--list", "", "print names, claims and titles, and play nothing",
       [](RunSettings& settings, Text) { return settings.show = Show::list, ""; }},
      {"--claims", "", "print a table: each claim of the textbook and what the experiments say about it",
       [](RunSettings& settings, Text) { return settings.show = Show::claims, ""; }},
      {"--slow", "", "play also what takes longer than a few seconds: waiting for TIME_WAIT to end",
       [](RunSettings& settings, Text) { return settings.slow = true, ""; }},
      {"--format", "text|json", "text for people; json for programs, one object with everything", set_format},
      {"--report", "FILE", "write one HTML page of everything, with the ladders as pictures, which needs nothing else",
       [](RunSettings& settings, Text text) { return settings.report_file = text, ""; }},
      {"--pcap", "DIR", "save the captured packets there, for Wireshark",
       [](RunSettings& settings, Text text) { return settings.pcap_directory = text, ""; }},
      {"--network", "private|loopback",
       "play in private networks (the default), or on this machine's loopback: there without packets, and without what "
       "needs two hosts or other kernel settings. Where no private network is allowed, loopback is what is left",
       set_network},
      {"--jobs", "N", "how many cases are played at once (default 2)", set_jobs},
      {"--color", "auto|always|never", "color in the text; auto: on a terminal, unless NO_COLOR is set", set_color},
  };
  return flags;
}

std::string run_help() {
  constexpr std::size_t columns = 80;
  std::string out(synopsis);
  for (const RunFlag& flag : run_flags())
    out += fmt::format("  {} {}\n", flag.name, flag.placeholder) + wrap(flag.help, "      ", columns);
  return out + "  -h, --help\n" + std::string(epilogue);
}

}  // namespace closelab::lab
