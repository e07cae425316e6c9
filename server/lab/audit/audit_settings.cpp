#include "server/lab/audit/audit_settings.h"

#include <fmt/format.h>

#include "server/lab/settings/codec.h"
#include "server/lab/settings/word_wrap.h"

namespace closelab::lab {
namespace {

constexpr unsigned most_clients = 16;
constexpr unsigned most_plays = 100;

constexpr std::string_view synopsis = R"(NAME
  closelab audit - grade how an HTTP client manages its connections

SYNOPSIS
  closelab audit [OPTION]... [SCENARIO]... -- COMMAND [ARGUMENT]...
  closelab audit [OPTION]... [SCENARIO]... --driver FILE [-- ARGUMENT...]
  closelab audit [OPTION]... [SCENARIO]... --proxy FILE [-- ARGUMENT...]
  closelab audit [OPTION]... [SCENARIO]... --browser PROGRAM [-- ARGUMENT...]
  closelab audit compare [--report FILE] FILE FILE...
  closelab audit --list

DESCRIPTION
  Brings a client into situations in which servers keep, break and end
  connections, and grades what it does: does it send a POST twice, take a
  truncated body for whole, hold connections in CLOSE_WAIT, reuse what must not
  be reused? By the server's records, by the kernel's table of sockets and,
  where nobody else can know, by the client's own word.

  The client is a command to which a URL is appended, whose exit status is its
  word; curl's own ways are known, so that it plays most scenarios. Any other
  client takes part by a driver: a program that reads steps from its standard
  input, one a line, and answers each with a line. docs/audit.md says how to
  write one, and examples/audit/ has some. A reverse proxy is started between
  the scenario's server and a client of the audit's own that never sends a
  request twice; the card then tells which endings it passes on, masks or
  invents. A browser plays the steps by fetch().

  Without SCENARIO, a file or a name, it plays all of conf/audit/. A situation
  that did not come about is `not exercised`, and never a pass.

  `compare` shows audits, as --format json printed them, side by side: several
  clients, or versions of one. Its --report is a page with the matrix of all.

OPTIONS
)";

constexpr std::string_view epilogue = R"(
EXIT STATUS
  0  every MUST holds, or fails as --expect says
  1  a MUST does not hold, or the file of --expect is out of date
  2  the audit itself failed, or the command line or a scenario can't be
     understood

EXAMPLES
  closelab audit -- curl -sS
  closelab audit stale-post-fin -- curl -sS
  closelab audit --driver examples/audit/python-requests.py
  closelab audit --proxy examples/audit/nginx.conf
  closelab audit --browser chromium
  closelab audit --strict --junit audit.xml --driver driver.mjs
  closelab audit --write-expect known.txt --driver driver.mjs
)";

/// A flag's reading of its value: `field` names the place in the settings.
template <class Value, class Field>
std::function<std::string(AuditSettings&, std::string_view)> reader(const Codec<Value>& codec, Field field) {
  return [=](AuditSettings& settings, std::string_view text) {
    const Parsed<Value> parsed = codec.parse(text);
    if (parsed) field(settings) = parsed.value;
    return parsed.error;
  };
}

std::vector<AuditFlag> flags_of_output() {
  using Text = std::string_view;
  return {
      {"--format", "text|json", "text for people; json for programs, one object (docs/audit.schema.json)",
       reader(
           name_of<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}),
           [](AuditSettings & settings) -> auto& { return settings.format; })},
      {"--junit", "FILE", "write JUnit's XML there, which CI systems show",
       [](AuditSettings& settings, Text text) { return settings.junit = text, ""; }},
      {"--report", "FILE", "write one HTML page of everything, with the ladders as pictures, which needs nothing else",
       [](AuditSettings& settings, Text text) { return settings.report = text, ""; }},
      {"--color", "auto|always|never", "color in the text; auto: on a terminal, unless NO_COLOR is set",
       reader(
           name_of<Color>({{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}),
           [](AuditSettings & settings) -> auto& { return settings.color; })},
  };
}

std::vector<AuditFlag> flags_of_play() {
  using Text = std::string_view;
  return {
      {"--driver", "FILE", "the client's driver: a program, or a script of Python, Node, Perl, Ruby, PHP, Go or Java",
       [](AuditSettings& settings, Text text) { return settings.driver = text, ""; }},
      {"--proxy", "FILE",
       "a reverse proxy: its configuration with {listen}, {upstream}, {conf} and {folder} in it, and a line "
       "\"# run: nginx -c {conf}\"",
       [](AuditSettings& settings, Text text) { return settings.proxy = text, ""; }},
      {"--browser", "PROGRAM",
       "a browser of Chromium's family, without a window; arguments after -- are its own, in place of --headless=new",
       [](AuditSettings& settings, Text text) { return settings.browser = text, ""; }},
      {"--list", "", "print scenarios with their class and section, and play nothing",
       [](AuditSettings& settings, Text) { return settings.list = true, ""; }},
      {"--strict", "", "count a failed SHOULD as a failed MUST",
       [](AuditSettings& settings, Text) { return settings.strict = true, ""; }},
      {"--expect", "FILE", "what is known to come out, as --write-expect wrote it; a line that no longer holds fails",
       [](AuditSettings& settings, Text text) { return settings.expected = text, ""; }},
      {"--write-expect", "FILE", "write what came out, for --expect",
       [](AuditSettings& settings, Text text) { return settings.write_expected = text, ""; }},
      {"--network", "private|loopback",
       "play in a private network (the default), where packets are a witness, or on this machine's loopback; where no "
       "private network is allowed, loopback is what is left",
       reader(
           name_of<bool>({{"private", true}, {"loopback", false}}),
           [](AuditSettings & settings) -> auto& { return settings.in_private_network; })},
      {"--repeat", "N", "play each scenario so often, and say `flaky` of one whose plays differ (default 1)",
       reader(
           number<unsigned>(1, most_plays), [](AuditSettings & settings) -> auto& { return settings.repeat; })},
      {"--jobs", "N", "how many clients play at once (default 4)",
       reader(
           number<unsigned>(1, most_clients), [](AuditSettings & settings) -> auto& { return settings.jobs; })},
  };
}

}  // namespace

const std::vector<AuditFlag>& audit_flags() {
  static const std::vector<AuditFlag> flags = [] {
    std::vector<AuditFlag> all = flags_of_play();
    for (AuditFlag& flag : flags_of_output()) all.push_back(std::move(flag));
    return all;
  }();
  return flags;
}

std::string audit_help() {
  constexpr std::size_t columns = 80;
  std::string out(synopsis);
  for (const AuditFlag& flag : audit_flags())
    out += fmt::format("  {}{}{}\n", flag.name, flag.placeholder.empty() ? "" : " ", flag.placeholder) +
           wrap(flag.help, "      ", columns);
  return out + "  -h, --help\n" + std::string(epilogue);
}

}  // namespace closelab::lab
