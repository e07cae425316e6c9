#include "server/lab/settings/help.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "server/lab/settings/settings.h"
#include "server/lab/settings/word_wrap.h"
#include "server/rules/rule_schema.h"

namespace closelab::lab {
namespace {

constexpr std::size_t columns = 80;

constexpr std::string_view exit_status = R"(EXIT STATUS
  0  what was asked for is done; serve: it was told to stop by SIGINT, SIGTERM
     or SIGHUP
  1  it can't listen: the message says what holds the port and what would help
  2  the command line or the conf file can't be understood
)";

constexpr std::string_view serve_synopsis = R"(NAME
  closelab serve - serve HTTP/1.1 and explain how each connection ends

SYNOPSIS
  closelab serve [--conf FILE] [OPTION]...
  closelab serve --print-conf [OPTION]...

DESCRIPTION
  Serves on http://127.0.0.1:8080/ until SIGINT (Ctrl-C), SIGTERM or SIGHUP.
  Prints a line for each request and, when a connection has settled, its
  verdict: who closed first, by FIN or RST, for what reason, and who holds
  TIME_WAIT; with a ladder of what was seen and how each step is known
  (syscall, tcp_info, sock_diag, capture, inferred). The first line says where
  it listens.

  A second port, on 127.0.0.1 only, tells programs what happened and takes
  commands: records, barriers, events, rules (--admin-port; docs/admin.md).

  Told to stop, it stops listening, closes idle connections, and lets requests
  in flight finish for up to --grace; told a second time, it exits at once.

  Routes; the first three answer GET and HEAD, the others any method:
    /                your connection, what becomes of it now, and why
    /bytes/N         N bytes (64KiB, 10MiB...) with Content-Length
    /chunked/N       N bytes in chunks
    /echo            your request: its body, or without one its head
    /status/CODE     an answer with that status, 200 to 599
    /delay/DURATION  an answer after that time (200ms, 2s...), at most 60s
    /close/MODE      an answer, then the connection ends in that mode

  Each takes options in its query, so that a plain curl can provoke any ending:
  those of a rule for this request (at, close, delay, answer, send...: see
  RULES; all but connection, request, path, method, times and send_file), and
  idle_timeout for its connection from then on, keep_alive_timeout and
  keep_alive_max for its response.

OPTIONS
  DURATION is a number with a unit: 200ms, 0.5s, 1m. SIZE is in bytes, or with a
  unit: 65536, 64KiB, 1MiB. A switch is --lookups, --no-lookups or
  --lookups=off. `off` unsets. A flag wins over the conf file.

  --conf FILE
      Read settings from a TOML file of at most 1 MiB. Each flag below is a key
      there, with `_` for `-`: `idle_timeout = "2s"`, `port = 8081`. May be
      given again: a later file wins over the earlier, and its rules add to
      theirs.
  --rule KEY=VALUE,KEY=VALUE...
      A rule, see RULES; may be given again. They add to those of the conf file.
      `--rule at=response_body:100,close=abortive,connection=1`
  --print-conf
      Print the settings in effect as a conf file, with the socket options as
      the kernel reports them, and exit.
  -h, --help
)";

constexpr std::string_view serve_examples = R"(
EXAMPLES
  curl http://127.0.0.1:8080/
      Keep-alive is the default: curl closes when it exits, and holds TIME_WAIT.
  curl -H 'Connection: close' http://127.0.0.1:8080/
      The server closes first, and holds TIME_WAIT.
  curl http://127.0.0.1:8080/ http://127.0.0.1:8080/
      One connection, two requests.
  curl --http1.0 http://127.0.0.1:8080/
      In HTTP/1.0 close is the default.
  curl http://127.0.0.1:8080/close/abortive
      The server resets the connection: nobody holds TIME_WAIT.
  closelab serve --port 0 --log-format json
      For programs: the first line has the port.

  curl 'http://127.0.0.1:8080/bytes/1000?at=response_body:100&close=abortive'
      100 bytes of the body, then an RST.
  closelab serve --rule at=next_request,close=abortive,connection=1,times=1
      The race for an idle connection: it is reset when its next request comes.

FILES
  conf/*.toml
      Settings to try, each with the curl that shows what it does.

)";

constexpr std::string_view rules_intro = R"(
RULES
  A rule says what happens at which moment of which connections and requests:
  one of close, delay, stall, truncate, slow, answer, send, interim, expect,
  announce. Rules are tried in order; at one moment every rule that matches
  acts, until one ends or stalls the connection. In a conf file a rule is a
  [[rule]] table with these keys.

)";

std::string rule_keys() {
  std::string out(rules_intro);
  for (const server::RuleKey& key : server::rule_schema())
    out += fmt::format("  {}={}\n{}", key.name, key.placeholder, wrap(key.help, "      ", columns));
  return out;
}

std::string flag_line(const Setting& setting, const Settings& defaults) {
  const std::string flag = flag_name(setting.key);
  const std::string form = setting.kind == Kind::on_off ? fmt::format("{}, --no-{}", flag, flag.substr(2))
                                                        : fmt::format("{} {}", flag, setting.placeholder);
  return fmt::format("  {:<48}  default {}\n", form, setting.get(defaults));
}

std::string options_by_group() {
  const Settings defaults;
  std::string out;
  std::optional<Group> group;
  for (const Setting& setting : schema()) {
    if (group != setting.group) out += fmt::format("\n {}\n", to_string(setting.group));
    group = setting.group;
    out += flag_line(setting, defaults) + wrap(setting.help, "      ", columns);
  }
  return out;
}

}  // namespace

std::string program_help() {
  return fmt::format(R"(NAME
  closelab - an HTTP/1.1 server that shows how TCP connections end

SYNOPSIS
  closelab serve [OPTION]...
  closelab watch [OPTION]...
  closelab run [OPTION]... [FILE|NAME]...
  closelab audit [OPTION]... [SCENARIO]... -- COMMAND...
  closelab help [COMMAND]
  closelab man [serve|watch|run|audit]
  closelab completions bash|zsh|fish
  closelab version

DESCRIPTION
  closelab serves HTTP/1.1 and tells, for every connection, which side closed
  first, by FIN or by RST, why, and which side holds TIME_WAIT, as the kernel
  shows it.

COMMANDS
  serve     Start the lab server. `closelab serve --help` lists its options.
  watch     Show the machine's TCP sockets by state, and who holds TIME_WAIT.
  run       Replay experiments: what textbooks claim, and what this kernel does.
  audit     Grade how an HTTP client manages its connections.
  help      Show this text, or with a command that command's.
  version   Show the version.

  man [COMMAND]         Print the manual page, for `man -l -`.
  completions SHELL     Print what bash, zsh or fish need to complete commands.

OPTIONS
  -h, --help
  -v, -V, --version
      Print the version, what it was made with, and what this kernel allows.

EXAMPLES
  closelab serve                                      then, in another terminal:
  curl http://127.0.0.1:8080/                         curl closes first
  curl -H 'Connection: close' http://127.0.0.1:8080/  the server closes first

{})",
                     exit_status);
}

std::string serve_help() {
  return fmt::format("{}{}{}{}{}", serve_synopsis, options_by_group(), rule_keys(), serve_examples, exit_status);
}

}  // namespace closelab::lab
