#include "server/lab/audit/play_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "closelab/server.h"
#include "closelab/tcp_table.h"
#include "net/testbed/socket.h"
#include "server/lab/audit/loopback.h"
#include "server/lab/serve/query_options.h"
#include "server/lab/serve/routes.h"
#include "server/lab/serve/witness.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Clients that hand a connection back to their pool do so a moment after the caller has the answer; undici takes 50
/// ms.
constexpr milliseconds between_steps{60};
/// How long what is under way when the plan has been played may take.
constexpr milliseconds settling{300};
constexpr milliseconds look_again{5};
/// On this machine. The kernel sends a SYN again after a second.
constexpr milliseconds longest_handshake{300};
constexpr std::size_t most_in_queue = 100;
constexpr std::size_t most_ports_tried = 100;

Options options_of(const Scenario& scenario) {
  Options options = scenario.server.options;
  options.listen.port = 0;
  options.requests_kept = 1000;
  options.rules_of_request = rules_from_query;
  options.witness = choose_witness(scenario.server).witness;
  return options;
}

/// Returns when it is so, or the time is over.
template <class Condition>
void await(milliseconds longest, Condition&& is_so) {
  const auto deadline = steady_clock::now() + longest;
  while (!is_so() && steady_clock::now() < deadline) std::this_thread::sleep_for(look_again);
}

std::uint64_t rules_fired(const Server& server) {
  std::uint64_t fired = 0;
  for (const RuleStatus& status : server.rules()) fired += status.fired;
  return fired;
}

/// A port that no server of this audit has had: a client may still know that one by its port, and hold connections to
/// it that it takes for this one's.
std::unique_ptr<Server> serve_on_new_port(const Scenario& scenario) {
  static std::mutex mutex;
  static std::set<std::uint16_t> used;
  std::vector<std::unique_ptr<Server>> refused;
  while (refused.size() < most_ports_tried) {
    auto server = std::make_unique<Server>(options_of(scenario));
    const std::scoped_lock lock(mutex);
    if (used.insert(server->port()).second) return server;
    refused.push_back(std::move(server));
  }
  throw std::runtime_error("there is no port left that this audit has not used yet");
}

/// One play of one scenario.
class Play {
 public:
  Play(const Scenario& scenario, Client& client)
      : scenario_(scenario), client_(client), server_holder_(serve_on_new_port(scenario)), server_(*server_holder_) {
    add_routes(server_);
  }

  Played run() {
    client_.begin(steps_with_urls());
    for (const PlanStep& step : scenario_.plan) {
      if (is_clients(step.kind)) {
        if (!play_clients(step)) break;
      } else {
        play_own(step);
      }
    }
    // The client may have its answer before the server has written down how it ended the connection.
    std::this_thread::sleep_for(between_steps);
    await(settling, [this] { return is_quiet(); });
    played_.records = server_.connections();
    played_.rules_fired = rules_fired(server_);
    if (scenario_.alone) client_.exit();
    client_.end();
    server_.stop(milliseconds(0));
    return std::move(played_);
  }

 private:
  std::vector<ClientStep> steps_with_urls() const {
    std::vector<ClientStep> steps;
    for (const PlanStep& step : steps_of_client(scenario_))
      steps.push_back({.kind = step.kind,
                       .url = fmt::format("http://{}:{}{}", scenario_.host, server_.port(), step.path),
                       .number = step.number});
    return steps;
  }

  /// False when the client has no word for it, and the rest makes no sense.
  bool play_clients(const PlanStep&) {
    if (!played_.steps.empty()) std::this_thread::sleep_for(between_steps);
    const std::size_t index = played_.steps.size();
    played_.steps.push_back({.text = steps_with_urls().at(index).text(), .begun = std::chrono::system_clock::now()});
    PlayedStep& step = played_.steps.back();
    step.reply = client_.play(index);
    step.done = std::chrono::system_clock::now();
    return step.reply.kind != Reply::Kind::not_applicable;
  }

  void play_own(const PlanStep& step) {
    switch (step.kind) {
      case StepKind::sleep:
        return std::this_thread::sleep_for(step.duration);
      case StepKind::fill:
        return fill();
      case StepKind::await_rule:
        return await(step.duration, [this] { return rules_fired(server_) > 0; });
      case StepKind::await_closed:
        return await(step.duration, [this] { return server_.counts().settled > 0; });
      case StepKind::look:
        return look();
      case StepKind::exit:
        return client_.exit();
      default:
        return;
    }
  }

  /// Connections that nobody accepts, until one is not completed any more: the kernel drops its SYN.
  void fill() {
    while (in_queue_.size() < most_in_queue) {
      testbed::Socket socket = connect_on_loopback(server_.port(), longest_handshake);
      if (!socket.is_open()) return;
      in_queue_.push_back(std::move(socket));
    }
    throw std::runtime_error(fmt::format("the listen queue is not full with {} connections", most_in_queue));
  }

  void look() {
    SocketsSeen seen;
    for (const TcpSocket& socket : tcp_sockets({.port = server_.port()}).sockets) {
      if (socket.remote.port != server_.port()) continue;
      ++seen.states[socket.state];
      if (socket.timer == TcpTimer::keepalive) ++seen.with_keepalive;
    }
    played_.sockets = seen;
  }

  bool is_quiet() const {
    const Counts counts = server_.counts();
    return counts.active == 0 && counts.closing == 0;
  }

  const Scenario& scenario_;
  Client& client_;
  const std::unique_ptr<Server> server_holder_;
  Server& server_;
  std::vector<testbed::Socket> in_queue_;
  Played played_;
};

}  // namespace

Played play_scenario(const Scenario& scenario, Client& client) {
  Played played;
  played.not_applicable = client.cannot_play(scenario.plan);
  if (!played.not_applicable.empty()) return played;
  try {
    return Play(scenario, client).run();
  } catch (const std::exception& error) {
    played.harness_error = error.what();
    return played;
  }
}

}  // namespace closelab::lab
