#include "server/lab/experiments/scheduler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <optional>
#include <system_error>

#include "net/socket/unique_fd.h"
#include "server/lab/experiments/outcome_json.h"
#include "server/lab/experiments/play_case.h"

namespace closelab::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_case{120};
constexpr std::chrono::seconds longest_slow_case{300};
/// How often a case is played whose situation does not come about.
constexpr unsigned most_plays = 5;

/// A case that waits to be played, or is being played in its process.
struct Task {
  const Experiment* experiment = nullptr;
  std::size_t index = 0;
  pid_t pid = -1;
  net::UniqueFd pipe{};
  std::string written{};
  Clock::time_point give_up{};
  unsigned plays = 0;

  const Case& played() const { return experiment->cases[index]; }
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void start(Task& task, const RunOptions& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  net::UniqueFd writing(ends[1]);
  task.pipe = net::UniqueFd(ends[0]);
  task.give_up = Clock::now() + (task.played().slow ? longest_slow_case : longest_case);
  task.written.clear();
  ++task.plays;
  task.pid = ::fork();
  if (task.pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (task.pid > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  CaseSetupOptions stage{.in_private_network = options.in_private_network, .link = options.link};
  if (!options.pcap_directory.empty())
    stage.pcap = fmt::format("{}/{}-{}", options.pcap_directory, task.experiment->name, task.index + 1);
  write_all(writing.get(), to_json(play_case(task.played(), stage)).dump());
  ::_exit(EXIT_SUCCESS);
}

/// Reads what the process has written; true when it is done.
bool is_done(Task& task) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(task.pipe.get(), buffer.data(), buffer.size());
  if (size > 0) task.written.append(buffer.data(), static_cast<std::size_t>(size));
  return size <= 0;
}

CaseOutcome outcome_of(const Task& task, int status) {
  if (WIFSIGNALED(status))
    return {.not_shown = fmt::format("the play was ended by signal {} (9: it took too long)", WTERMSIG(status))};
  try {
    return outcome_from_json(Json::parse(task.written));
  } catch (const Json::exception& error) {
    return {.not_shown = fmt::format("the play left no result: {}", error.what())};
  }
}

class Scheduler {
 public:
  Scheduler(const std::vector<Experiment>& experiments, const RunOptions& options) : options_(options) {
    for (const Experiment& experiment : experiments) {
      results_.push_back({.experiment = &experiment});
      for (std::size_t i = 0; i < experiment.cases.size(); ++i)
        if (options.slow || !experiment.cases[i].slow) waiting_.push_back({.experiment = &experiment, .index = i});
    }
    total_ = waiting_.size();
    // The longest first, so that they are not what everything waits for in the end.
    std::ranges::stable_sort(waiting_, std::ranges::greater{}, [](const Task& task) { return task.played().slow; });
  }

  std::vector<ExperimentResult> run() {
    while (!waiting_.empty() || !playing_.empty()) {
      while (!waiting_.empty() && playing_.size() < options_.jobs) start_next();
      attend();
    }
    for (ExperimentResult& result : results_) {
      std::ranges::sort(result.cases, {}, &CaseResult::number);
      result.conclusion = conclude(result.cases);
    }
    return std::move(results_);
  }

 private:
  void start_next() {
    playing_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    start(playing_.back(), options_);
  }

  /// Waits until one of those who play has something to say, or has taken too long.
  void attend() {
    std::vector<pollfd> entries;
    for (const Task& task : playing_) entries.push_back({.fd = task.pipe.get(), .events = POLLIN, .revents = 0});
    constexpr int look_again_ms = 500;
    ::poll(entries.data(), entries.size(), look_again_ms);
    for (std::size_t i = playing_.size(); i-- > 0;) {
      Task& task = playing_[i];
      if (Clock::now() > task.give_up) ::kill(task.pid, SIGKILL);
      if (entries[i].revents != 0 && is_done(task)) finish(i);
    }
  }

  void finish(std::size_t which) {
    Task task = std::move(playing_[which]);
    playing_.erase(playing_.begin() + static_cast<std::ptrdiff_t>(which));
    int status = 0;
    ::waitpid(task.pid, &status, 0);
    const auto result = std::ranges::find(results_, task.experiment, &ExperimentResult::experiment);
    CaseResult played = judge(task.played(), task.index + 1, outcome_of(task, status));
    if (played.is_worth_another_try() && task.plays < most_plays) return waiting_.push_front(std::move(task));
    played.plays = task.plays;
    result->cases.push_back(std::move(played));
    ++done_;
    if (options_.progress) options_.progress(done_, total_);
  }

  const RunOptions& options_;
  std::vector<ExperimentResult> results_;
  std::deque<Task> waiting_;
  std::vector<Task> playing_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

std::vector<ExperimentResult> play_all(const std::vector<Experiment>& experiments, const RunOptions& options) {
  return Scheduler(experiments, options).run();
}

}  // namespace closelab::lab
