#include "server/lab/audit/runner.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "server/lab/audit/play_scenario.h"

namespace closelab::lab {
namespace {

/// However slow the client is, the audit ends; so long for each time that all is played.
constexpr std::chrono::seconds longest_audit{90};

class Runner {
 public:
  Runner(const std::vector<Scenario>& scenarios, const ClientFactory& make_client, unsigned repeat,
         const std::function<void(const Graded&)>& done)
      : scenarios_(scenarios), make_client_(make_client), repeat_(repeat), done_(done), results_(scenarios.size()) {}

  void play_all() {
    const std::unique_ptr<Client> client = make_client_();
    std::unique_lock lock(mutex_);
    while (next_ < scenarios_.size()) {
      const std::size_t index = next_++;
      lock.unlock();
      Graded graded = play_often(scenarios_[index], *client);
      lock.lock();
      results_[index] = std::move(graded);
      report();
    }
  }

  std::vector<Graded> results() {
    std::vector<Graded> graded;
    for (auto& result : results_) graded.push_back(std::move(*result));
    return graded;
  }

 private:
  Graded play_often(const Scenario& scenario, Client& client) const {
    std::vector<Graded> plays;
    const unsigned count = std::max(repeat_, scenario.tries);
    do {
      plays.push_back(play_once(scenario, client));
    } while (plays.size() < count && plays.back().grade != Grade::not_applicable);
    return combine(std::move(plays));
  }

  /// Where a busy machine has kept the situation from coming about, it comes about the next time.
  Graded play_once(const Scenario& scenario, Client& client) const {
    Graded first = grade(scenario, play(scenario, client));
    const bool has_time = std::chrono::steady_clock::now() < give_up_ - longest_audit * repeat_ / 2;
    return first.grade == Grade::not_exercised && has_time ? grade(scenario, play(scenario, client)) : first;
  }

  /// A scenario that ends its client does not end the one of the others.
  Played play(const Scenario& scenario, Client& client) const {
    if (std::chrono::steady_clock::now() > give_up_) return {.harness_error = "the audit has taken too long"};
    return scenario.alone ? play_scenario(scenario, *make_client_()) : play_scenario(scenario, client);
  }

  void report() {
    while (reported_ < results_.size() && results_[reported_]) done_(*results_[reported_++]);
  }

  const std::vector<Scenario>& scenarios_;
  const ClientFactory& make_client_;
  const unsigned repeat_;
  const std::function<void(const Graded&)>& done_;
  const std::chrono::steady_clock::time_point give_up_ = std::chrono::steady_clock::now() + longest_audit * repeat_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::size_t reported_ = 0;
  std::vector<std::optional<Graded>> results_;
};

}  // namespace

std::vector<Graded> run_audit(const std::vector<Scenario>& scenarios, const ClientFactory& make_client,
                              const RunnerOptions& options, const std::function<void(const Graded&)>& done) {
  Runner runner(scenarios, make_client, options.repeat, done);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::min<std::size_t>(options.jobs, scenarios.size()); ++i)
    threads.emplace_back([&runner] { runner.play_all(); });
  threads.clear();
  return runner.results();
}

}  // namespace closelab::lab
