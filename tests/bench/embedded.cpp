// closelab as a program embeds it: one handler with a body of 13 bytes, one reactor, nothing logged.
//
//   bench_closelab PORT [lookups=on|off] [lookup_every=N] [close=MODE] [reactors=N] [reuse_port=on] [records=N]
//   [address=A]
//
// SIGTERM stops it. SIGUSR1 prints how its connections have ended, as JSON.

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "closelab/server.h"

namespace closelab::bench {
namespace {

std::string_view value_of(std::string_view argument) { return argument.substr(argument.find('=') + 1); }

std::size_t number_in(std::string_view text) { return std::strtoul(std::string(text).c_str(), nullptr, 10); }

Options options_of(char** arguments) {
  using namespace std::chrono_literals;
  Options options;
  options.listen.address = "0.0.0.0";
  options.listen.port = static_cast<std::uint16_t>(number_in(arguments[1]));
  options.timeouts.idle_timeout = 10min;
  options.max_connections = 200'000;
  for (char** argument = arguments + 2; *argument != nullptr; ++argument) {
    const std::string_view text = *argument;
    const std::string_view value = value_of(text);
    if (text.starts_with("address=")) options.listen.address = value;
    if (text.starts_with("lookups=")) options.lookups = value == "on" ? Switch::on : Switch::off;
    if (text.starts_with("lookup_every=")) options.lookup_every = number_in(value);
    if (text.starts_with("close=")) options.close_mode = parse_close_mode(value).value();
    if (text.starts_with("reactors=")) options.reactors = static_cast<unsigned>(number_in(value));
    if (text.starts_with("reuse_port=")) options.listen.reuse_port = value == "on" ? Switch::on : Switch::off;
    if (text.starts_with("records=")) options.records_kept = number_in(value);
  }
  return options;
}

/// How the kept records of settled connections say that they ended.
void print_endings(const Server& server) {
  std::size_t kept = 0;
  std::size_t unknown = 0;
  std::size_t not_observed = 0;
  server.each_connection([&](const ConnectionRecord& record) {
    if (record.phase != Phase::settled) return;
    ++kept;
    if (record.verdict.time_wait == TimeWait::unknown) ++unknown;
    not_observed += find<fact::NotObserved>(record.evidence) != nullptr ? 1 : 0;
  });
  const Counts counts = server.counts();
  std::printf(R"({"accepted":%zu,"settled":%zu,"open":%zu,"records":%zu,"unknown":%zu,"not_observed":%zu})"
              "\n",
              counts.accepted, counts.settled, counts.open, kept, unknown, not_observed);
  std::fflush(stdout);
}

int serve(char** arguments) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before the server starts its threads, which inherit it

  Server server(options_of(arguments));
  server.handle("/", [](const Request&) { return Response{.body = "Hello, world!"}; });
  for (int signal = 0; ::sigwait(&signals, &signal) == 0 && signal == SIGUSR1;) print_endings(server);
  server.stop();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace closelab::bench

int main(int count, char** arguments) { return count < 2 ? EXIT_FAILURE : closelab::bench::serve(arguments); }
