// How long one look at many sockets in TIME_WAIT takes: `closelab watch` against the textbook's netstat pipelines and
// ss, in one run, each in turn, in a network namespace of its own. With --check it only makes sure that all of them
// count the same.
//
//   closelab_watch_bench [--sockets N] [--rounds N] [--check]

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/tcp_table.h"
#include "net/socket/listener.h"
#include "server/lab/watch/print.h"
#include "tests/cli/terminal.h"
#include "tests/net/connection.h"
#include "tests/support/private_network.h"
#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// The port of the server whose TIME_WAITs they are.
constexpr std::uint16_t port = 20000;

struct Plan {
  std::size_t sockets = 28'000;
  int rounds = 11;
  bool check = false;
};

std::size_t time_waits() { return tcp_sockets({.states = {TcpState::time_wait}}).sockets.size(); }

/// Connections that the server ended first; spread over addresses, for each has ports of its own. A client that is
/// given a port again takes the server's TIME_WAIT over, hence the counting.
void make_time_waits(std::size_t wanted) {
  std::vector<net::Listener> listeners;
  std::vector addresses{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"};
  if (closelab::test::has_ipv6()) addresses.push_back("::1");
  for (const char* address : addresses)
    listeners.emplace_back(ListenOptions{.address = address, .port = port}, SocketOptions{});
  for (std::size_t there = 0; there < wanted; there = time_waits()) {
    for (std::size_t i = there; i < wanted; ++i) {
      const net::Listener& listener = listeners[i % listeners.size()];
      net::test::Connection(listener, address_text(listener.local()).c_str()).end();
    }
  }
}

/// The server whose TIME_WAITs they then are.
cli::Lab& lab() {
  static cli::Lab lab({"--port=" + std::to_string(port)});
  return lab;
}

double cpu_milliseconds_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  ::clock_getcpuclockid(process, &clock);
  ::clock_gettime(clock, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// What this process, its children that have ended, and the server have used of the processors.
double cpu_milliseconds() {
  const auto used = [](int who) {
    rusage usage{};
    ::getrusage(who, &usage);
    const auto milliseconds = [](const timeval& time) {
      return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
    };
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  };
  return used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) + cpu_milliseconds_of(lab().program().pid());
}

/// One of the ways to look, and what each look took.
struct Way {
  std::string name;
  /// Returns how many sockets in TIME_WAIT it has seen.
  std::function<std::size_t()> look;
  std::vector<double> milliseconds{};
  std::vector<double> cpu_milliseconds{};
};

std::size_t number_in(const std::string& text) { return std::strtoul(text.c_str(), nullptr, 10); }

/// A shell's command line; its output is the number.
std::size_t shell(const std::string& command) { return number_in(cli::run({"sh", "-c", command}).out); }

/// The number of a line `TIME_WAIT 28000`; other lines begin the same.
std::size_t time_waits_in(const std::string& text) {
  const std::size_t at = text.find("\nTIME_WAIT ");
  return at == std::string::npos ? 0 : number_in(text.substr(at + 11));
}

const std::vector<std::string> watch_once{CLOSELAB_PROGRAM, "watch", "--once"};

std::size_t watch_on_a_terminal() {
  std::string text = cli::Terminal(watch_once, 50, 120).read_to_end();
  std::erase(text, '\r');
  for (std::size_t at = 0; (at = text.find("\x1b[K")) != std::string::npos;) text.erase(at, 3);
  return time_waits_in(text);
}

std::size_t watch_piped() { return time_waits_in(cli::run(watch_once).out); }

std::size_t refresh() {
  constexpr lab::Room window{.rows = 49, .columns = 119};
  lab::SocketTables tables{.sockets = tcp_sockets().sockets};
  tables.listeners = tcp_sockets({.states = {TcpState::listen}}).sockets;
  const auto snapshot = lab::take_snapshot(tables, {}, window.rows, [](const Endpoint&) { return true; });
  return time_waits_in(lab::watch_text(snapshot, window));
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(number_in(url.substr(url.find(':', 5) + 1)));
}

/// The admin port of a server that all of them belong to, asked over a kept connection, which adds none.
std::size_t admin_states() {
  static const cli::RawClient client(port_of(lab().admin_url()));
  client.send("GET /states?limit=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string text = client.read_until("\"time_wait\"");
  const std::size_t at = text.find("\"TIME_WAIT\":");
  return at == std::string::npos ? 0 : number_in(text.substr(at + 12));
}

bool is_installed(const std::string& command) { return cli::run({"sh", "-c", "command -v " + command}).exit_code == 0; }

constexpr const char* baseline = "netstat -n | awk '/^tcp/ {++S[$NF]} END {...}'";

std::vector<Way> ways() {
  std::vector<Way> ways;
  ways.push_back(
      {"in process: dump, all states", [] { return count_by_state(tcp_sockets().sockets)[TcpState::time_wait]; }});
  ways.push_back({"in process: one refresh of a 50-line terminal", refresh});
  ways.push_back({"closelab watch --once, on a 50-line terminal", watch_on_a_terminal});
  ways.push_back({"closelab watch --once, piped: all are listed", watch_piped});
  ways.push_back({"GET /states of the admin port", admin_states});
  if (is_installed("ss"))
    ways.push_back({"ss -tanH state time-wait", [] { return shell("ss -tanH state time-wait | wc -l"); }});
  if (is_installed("netstat")) {
    ways.push_back(
        {baseline, [] { return shell("netstat -n | awk '/^tcp/ {++S[$NF]} END {print S[\"TIME_WAIT\"]}'"); }});
    ways.push_back({"netstat -nat | grep TIME_WAIT", [] { return shell("netstat -nat | grep -c TIME_WAIT"); }});
  } else {
    std::printf("netstat is not installed (package net-tools): nothing to compare with\n");
  }
  return ways;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

void print_table(const std::vector<Way>& ways) {
  const auto base = std::ranges::find(ways, baseline, &Way::name);
  std::printf("%-48s %9s %7s  %9s %7s\n", "", "ms", "faster", "CPU ms", "less");
  for (const Way& way : ways) {
    std::printf("%-48s", way.name.c_str());
    for (const auto measured : {&Way::milliseconds, &Way::cpu_milliseconds}) {
      const double value = median(way.*measured);
      std::printf(" %9.2f", value);
      if (base != ways.end()) std::printf(" %6.1fx ", median((*base).*measured) / value);
    }
    std::printf("\n");
  }
}

/// Every way in turn, so that what else the machine does falls on all alike. False when one has seen another number.
bool measure(std::vector<Way>& ways, const Plan& plan) {
  bool same = true;
  for (int round = 0; round < plan.rounds; ++round) {
    for (Way& way : ways) {
      const double cpu_before = cpu_milliseconds();
      const auto start = Clock::now();
      const std::size_t seen = way.look();
      way.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      way.cpu_milliseconds.push_back(cpu_milliseconds() - cpu_before);
      if (seen == plan.sockets) continue;
      std::printf("wrong: %s has seen %zu in TIME_WAIT\n", way.name.c_str(), seen);
      same = false;
    }
  }
  return same;
}

Plan read_plan(char** arguments) {
  Plan plan;
  for (char** argument = arguments + 1; *argument != nullptr; ++argument) {
    const std::string_view flag = *argument;
    if (flag == "--check") {
      plan = {.sockets = 200, .rounds = 1, .check = true};
    } else if (flag == "--sockets" && argument[1] != nullptr) {
      plan.sockets = number_in(*++argument);
    } else if (flag == "--rounds" && argument[1] != nullptr) {
      plan.rounds = std::atoi(*++argument);
    }
  }
  return plan;
}

int run(const Plan& plan) {
  make_time_waits(plan.sockets);
  std::vector<Way> all = ways();
  const bool same = measure(all, plan);
  if (!plan.check) {
    std::printf("%zu sockets in TIME_WAIT, medians of %d rounds\n", plan.sockets, plan.rounds);
    print_table(all);
  }
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::bench

int main(int, char** arguments) {
  return closelab::kernel_test::run_in_private_network(
      arguments, [plan = closelab::bench::read_plan(arguments)] { return closelab::bench::run(plan); });
}
