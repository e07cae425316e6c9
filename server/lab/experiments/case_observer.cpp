#include "server/lab/experiments/case_observer.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

#include "server/lab/experiments/packets_seen.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;

/// Longer than a delayed ACK (40 ms), which holds a FIN's sender in FIN_WAIT_1.
constexpr milliseconds quiet{120};
constexpr milliseconds longest_settling{3000};
constexpr int between_looks_ms = 5;
/// A state that lasts shorter than that may be missed on an idle machine, too; a longer time without a look means that
/// the machine was busy elsewhere.
constexpr milliseconds longest_blink{20};

bool is_transitional(TcpState state) {
  using enum TcpState;
  return state == syn_sent || state == syn_received || state == fin_wait_1 || state == closing || state == last_ack;
}

/// What must not change any more.
std::string signature(const std::vector<TcpSocket>& sockets) {
  std::ostringstream text;
  for (const TcpSocket& socket : sockets)
    text << to_string(socket.local) << to_string(socket.remote) << to_string(socket.state);
  return text.str();
}

const char* holder(std::size_t at_server, std::size_t at_client) {
  if (at_server > 0 && at_client > 0) return "both";
  if (at_server > 0) return "server";
  return at_client > 0 ? "client" : "none";
}

std::string output_of(const char* command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command, "r"), ::pclose);
  std::string output;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) output += buffer.data();
  return output;
}

}  // namespace

std::chrono::nanoseconds now() { return std::chrono::system_clock::now().time_since_epoch(); }

TcpState CaseObserver::state_of(Side side, const testbed::Ends& ends) const {
  const net::TcpTuple at_client{ends.client, ends.server};
  const std::array<net::TcpTuple, 1> tuple{side == Side::client ? at_client : at_client.swapped()};
  std::array<net::SocketInfo, 1> found;
  stage_.sock_diag(side).look_up(tuple, found);
  return found[0].state;
}

void CaseObserver::look() {
  stage_.collect();
  if (!watched_) return;
  const std::chrono::nanoseconds at = now();
  blind_ = std::max(blind_, at - last_look_.value_or(at));
  last_look_ = at;
  for (const Side side : {Side::client, Side::server}) {
    const TcpState state = state_of(side, *watched_);
    const auto last = std::ranges::find(states_.rbegin(), states_.rend(), side, &StateSeen::side);
    const TcpState before = last == states_.rend() ? TcpState::closed : last->state;
    if (state != before) states_.push_back({at, side, state});
  }
}

void CaseObserver::settle() {
  const auto give_up = std::chrono::steady_clock::now() + longest_settling;
  auto since = std::chrono::steady_clock::now();
  std::string before;
  while (std::chrono::steady_clock::now() < give_up) {
    look();
    const std::vector<TcpSocket> sockets = stage_.sockets();
    const bool moving = std::ranges::any_of(sockets, is_transitional, &TcpSocket::state);
    if (std::string text = signature(sockets); moving || text != before) {
      before = std::move(text);
      since = std::chrono::steady_clock::now();
    }
    if (std::chrono::steady_clock::now() - since >= quiet) return;
    ::poll(nullptr, 0, between_looks_ms);
  }
}

void CaseObserver::take_down_sockets(const std::vector<std::uint16_t>& server_ports, Observations& observed) const {
  std::map<Side, std::size_t> time_waits;
  std::map<Side, milliseconds> longest;
  StateCounts counts;
  for (const TcpSocket& socket : stage_.sockets()) {
    ++counts[socket.state];
    if (socket.state != TcpState::time_wait) continue;
    const bool at_server = std::ranges::find(server_ports, socket.local.port) != server_ports.end();
    const Side side = at_server ? Side::server : Side::client;
    ++time_waits[side];
    longest[side] = std::max(longest[side], socket.timer_left);
  }
  observed["time_wait"] = lab::observed(holder(time_waits[Side::server], time_waits[Side::client]));
  for (const Side side : {Side::server, Side::client}) {
    const std::string name(to_string(side));
    observed["time_wait." + name] = observed_number(static_cast<double>(time_waits[side]));
    observed["time_wait_left." + name] = observed_time(static_cast<double>(longest[side].count()));
  }
  for (unsigned state = 1; state < 12; ++state) {
    const TcpState which = tcp_state_from_kernel(static_cast<std::uint8_t>(state));
    observed["sock_diag." + std::string(to_string(which))] = observed_number(static_cast<double>(counts[which]));
  }
}

void CaseObserver::ask_netstat(Observations& observed) {
  constexpr const char* states = R"(netstat -n 2>/dev/null | awk '/^tcp/ {++S[$NF]} END {for (a in S) print a, S[a]}')";
  const std::string version = output_of("netstat --version 2>/dev/null");
  if (version.empty()) return;
  for (unsigned state = 1; state < 12; ++state) {
    const TcpState which = tcp_state_from_kernel(static_cast<std::uint8_t>(state));
    observed["netstat." + std::string(to_string(which))] = observed_number(0);
  }
  std::istringstream lines(output_of(states));
  std::string name;
  double count = 0;
  while (lines >> name >> count)
    if (const auto state = parse_tcp_state(name))
      observed["netstat." + std::string(to_string(*state))] = observed_number(count);
  const std::string listed = output_of("netstat -nat 2>/dev/null | grep TIME_WAIT");
  observed["netstat.lines"] = observed_number(static_cast<double>(std::ranges::count(listed, '\n')));
}

void CaseObserver::take_down_counters(Observations& observed) const {
  for (const auto& [name, value] : stage_.counters()) {
    const auto before = counters_.find(name);
    const double grown =
        static_cast<double>(value) - static_cast<double>(before == counters_.end() ? 0 : before->second);
    observed["kernel." + name] = observed_number(grown);
  }
}

void CaseObserver::conclude(const std::vector<std::uint16_t>& server_ports, std::vector<CallSeen> calls,
                            CaseOutcome& outcome) {
  settle();
  Observations& observed = outcome.observed;
  take_down_sockets(server_ports, observed);
  take_down_counters(observed);
  if (stage_.shared().empty()) {
    take_down_wire(outcome);
  } else {
    outcome.limits = "on this machine's loopback, without packets: " + stage_.shared();
  }
  if (watched_) {
    take_down_states(observed);
    outcome.picture = picture_of(*watched_, outcome.packets, states_, calls);
  }
  stage_.save_captures(words_of_packets(outcome));
}

void CaseObserver::take_down_states(Observations& observed) const {
  for (const Side side : {Side::server, Side::client}) {
    Observation& seen = observed["states." + std::string(to_string(side))];
    for (const StateSeen& state : states_)
      if (state.side == side) seen.text += (seen.text.empty() ? "" : " ") + std::string(to_string(state.state));
    if (blind_ > longest_blink)
      seen.doubt = fmt::format("the machine was busy: {} went by between two looks",
                               observed_time(std::chrono::duration<double, std::milli>(blind_).count()).text);
  }
}

void CaseObserver::take_down_wire(CaseOutcome& outcome) {
  testbed::ConnectionSorter sorter;
  for (const testbed::Segment& segment : stage_.finish_capture()) sorter.add(segment);
  const testbed::Connections& connections = sorter.connections();
  take_down_connections(connections, outcome.observed);
  if (!watched_) return;
  if (const auto found = connections.find(*watched_); found != connections.end())
    outcome.packets = found->second.front();
  take_down_packets(outcome.packets, outcome.observed);
}

}  // namespace closelab::lab
