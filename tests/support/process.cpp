#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace closelab::cli {
namespace {

int checked(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// A file in memory: what a program writes there can be read after its end, however much it is.
int memory_file() { return checked(::memfd_create("captured", MFD_CLOEXEC), "memfd_create"); }

std::string contents(int fd) {
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t n = 0; (n = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  return text;
}

pid_t spawn(const std::vector<std::string>& arguments, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), arguments.front());
  return pid;
}

int open_pid(pid_t pid) { return checked(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open"); }

int wait_exit(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Deadline from_now() { return std::chrono::steady_clock::now() + patience; }

bool readable_before(int fd, Deadline deadline) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return left.count() > 0 && ::poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

Finished run(const std::vector<std::string>& arguments) {
  const int out = memory_file();
  const int err = memory_file();
  const pid_t pid = spawn(arguments, out, err);
  const int pid_fd = open_pid(pid);
  const bool ended = readable_before(pid_fd, from_now());
  if (!ended) ::kill(pid, SIGKILL);
  Finished finished{wait_exit(pid), contents(out), contents(err)};
  for (const int fd : {out, err, pid_fd}) ::close(fd);
  if (!ended) throw std::runtime_error(arguments.front() + " did not end: " + finished.out + finished.err);
  return finished;
}

Program::Program(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe{};
  checked(::pipe2(pipe.data(), O_CLOEXEC), "pipe2");
  err_ = memory_file();
  pid_ = spawn(arguments, pipe[1], err_);
  ::close(pipe[1]);
  out_ = pipe[0];
  pid_fd_ = open_pid(pid_);
}

Program::~Program() {
  if (pid_ > 0) {
    // Leaks are looked for, and lines that were run counted, at an orderly end; closelab's second signal hurries it.
    for (const int number : {SIGTERM, SIGTERM, SIGKILL}) {
      ::kill(pid_, number);
      if (readable_before(pid_fd_, std::chrono::steady_clock::now() + std::chrono::milliseconds(200))) break;
    }
    wait_exit(pid_);
  }
  close_stdout();
  ::close(pid_fd_);
  ::close(err_);
}

bool Program::has_ended() const {
  pollfd entry{.fd = pid_fd_, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

std::string Program::errors() const { return contents(err_); }

/// False at the end of the output.
bool Program::fill() {
  std::array<char, 65536> piece{};
  if (!readable_before(out_, from_now())) throw std::runtime_error("no line came; stderr: " + contents(err_));
  const ssize_t n = ::read(out_, piece.data(), piece.size());
  if (n > 0) buffer_.append(piece.data(), static_cast<std::size_t>(n));
  return n > 0;
}

std::string Program::line() {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos)
    if (!fill()) throw std::runtime_error("the output ended; stderr: " + contents(err_));
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::string Program::rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

void Program::close_stdout() {
  if (out_ >= 0) ::close(std::exchange(out_, -1));
}

void Program::signal(int number) const { checked(::kill(pid_, number), "kill"); }

Finished Program::finished() {
  if (!readable_before(pid_fd_, from_now())) throw std::runtime_error("the program did not end");
  return {wait_exit(std::exchange(pid_, -1)), {}, contents(err_)};
}

}  // namespace closelab::cli
