#include "server/lab/audit/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace closelab::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = 64 * 1024;
/// So much is kept of what nobody takes, the end: it tells most.
constexpr std::size_t most_kept = 4096;

struct Ends {
  net::UniqueFd reading;
  net::UniqueFd writing;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {net::UniqueFd(ends[0]), net::UniqueFd(ends[1])};
}

/// This process's, but for what would send requests to a proxy.
std::vector<std::string> environment_of_client() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (!name.ends_with("_proxy") && !name.ends_with("_PROXY")) environment.emplace_back(text);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// The process groups of all that are there.
class Groups {
 public:
  /// False when none may be there any more.
  bool add(pid_t group) {
    const std::scoped_lock lock(mutex_);
    if (!ended_) groups_.insert(group);
    return !ended_;
  }

  void remove(pid_t group) {
    const std::scoped_lock lock(mutex_);
    groups_.erase(group);
  }

  void end_all() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    for (const pid_t group : groups_) ::kill(-group, SIGKILL);
  }

 private:
  std::mutex mutex_;
  std::set<pid_t> groups_;
  bool ended_ = false;
};

Groups& groups() {
  static Groups all;
  return all;
}

/// posix_spawn(3) with these three descriptors, in a process group of its own, with the default SIGPIPE and no signal
/// blocked.
pid_t spawn(std::vector<std::string> command, int input, int output, int errors) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> environment = environment_of_client();
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, command.front().c_str(), &actions, &attributes, pointers(command).data(),
                                   pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), command.front());
  return pid;
}

int milliseconds_until(Child::Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

Child::Child(const std::vector<std::string>& command) {
  Ends input = make_pipe();
  Ends output = make_pipe();
  Ends errors = make_pipe();
  pid_ = spawn(command, input.reading.get(), output.writing.get(), errors.writing.get());
  input_ = std::move(input.writing);
  pipe(Stream::output).fd = std::move(output.reading);
  pipe(Stream::errors).fd = std::move(errors.reading);
  if (groups().add(pid_)) return;
  kill_group();
  static_cast<void>(reap(0));
  throw std::runtime_error("the audit was ended");
}

Child::~Child() {
  groups().remove(pid_);
  kill_group();
  if (!exit_code_) static_cast<void>(reap(0));
}

/// What it has started is ended with it, also when it is gone itself.
void Child::kill_group() const { signal(SIGKILL); }

void Child::signal(int number) const { ::kill(-pid_, number); }

std::optional<int> Child::reap(int options) {
  int status = 0;
  if (exit_code_ || ::waitpid(pid_, &status, options) != pid_) return exit_code_;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return exit_code_;
}

void Child::end_all() { groups().end_all(); }

bool Child::is_running() { return !reap(WNOHANG); }

bool Child::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t size = ::write(input_.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void Child::take(Pipe& from) {
  std::array<char, 65536> bytes{};
  const ssize_t size = ::read(from.fd.get(), bytes.data(), bytes.size());
  if (size == 0 || (size < 0 && errno != EINTR)) from.fd.reset();
  if (size <= 0) return;
  from.buffer.append(bytes.data(), static_cast<std::size_t>(size));
  // Several reads beyond the longest line: it is not asked for lines.
  if (from.buffer.size() > 4 * longest_line) from.buffer.erase(0, from.buffer.size() - most_kept);
}

/// Takes what is there of both streams, so that the client never waits for us; false when nothing can come any more, or
/// came in time.
bool Child::fill(Deadline deadline) {
  std::array<pollfd, 2> entries{};
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i] = {.fd = pipes_[i].fd.get(), .events = POLLIN, .revents = 0};
  if (!pipes_[0].fd && !pipes_[1].fd) return false;
  const int ready = ::poll(entries.data(), entries.size(), milliseconds_until(deadline));
  if (ready < 0) return errno == EINTR;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (pipes_[i].fd && entries[i].revents != 0) take(pipes_[i]);
  return ready > 0;
}

std::optional<std::string> Child::next_line(Stream stream, Deadline deadline) {
  Pipe& from = pipe(stream);
  while (true) {
    const std::size_t end = from.buffer.find('\n');
    if (end != std::string::npos) {
      std::string line = from.buffer.substr(0, end);
      from.buffer.erase(0, end + 1);
      return line;
    }
    if (from.buffer.size() > longest_line)
      throw LineTooLong(fmt::format("it said a line of more than {} KiB", longest_line / 1024));
    if (!from.fd || !fill(deadline)) return std::nullopt;
  }
}

void Child::drain() {
  while (fill(Clock::now())) continue;
  for (Pipe& from : pipes_)
    if (from.buffer.size() > most_kept) from.buffer.erase(0, from.buffer.size() - most_kept);
}

std::string Child::last_error() const {
  std::string_view text = pipe(Stream::errors).buffer;
  while (text.ends_with('\n')) text.remove_suffix(1);
  // Node says its version after the error.
  const std::size_t error = text.rfind("Error");
  if (error != std::string_view::npos) text = text.substr(0, text.find('\n', error));
  return std::string(text.substr(text.rfind('\n') + 1));
}

std::string Child::ending() const {
  constexpr int by_signal = 128;
  const int code = exit_code_.value_or(-1);
  const char* signal = code > by_signal ? ::sigabbrev_np(code - by_signal) : nullptr;
  const std::string error = last_error();
  return fmt::format("exit code {}{}{}{}{}", code, signal == nullptr ? "" : ", SIG", signal == nullptr ? "" : signal,
                     error.empty() ? "" : ": ", error);
}

int Child::wait(Deadline deadline) {
  // Both streams end when it does, unless something that it has started holds them.
  while (is_running() && fill(deadline)) continue;
  while (is_running() && Clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  if (is_running()) kill_group();
  drain();
  return reap(0).value_or(-1);
}

}  // namespace closelab::lab
