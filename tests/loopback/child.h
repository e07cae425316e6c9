#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>

#include "net/socket/unique_fd.h"

namespace closelab::loopback {

/// Two pipes between a process and its child: numbers there and back.
class Line {
 public:
  Line(int in, int out) : in_(in), out_(out) {}

  void say(std::int64_t number) const {
    if (::write(out_.get(), &number, sizeof number) != sizeof number) throw std::runtime_error("nobody listens");
  }
  std::int64_t hear() const {
    std::int64_t number = 0;
    if (::read(in_.get(), &number, sizeof number) != sizeof number) throw std::runtime_error("the other side is gone");
    return number;
  }

 private:
  net::UniqueFd in_;
  net::UniqueFd out_;
};

/// A process of its own for one side of a test that needs more descriptors, or fewer, than one process has.
/// Start it while there are no threads.
class Child {
 public:
  template <class Main>
  explicit Child(Main main) : Child(make_pipe(), make_pipe(), main) {}
  ~Child() { finish(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const Line& line() const { return *line_; }

  /// Hangs up and waits for its end; the exit code is 0 when `main` returned.
  int finish() {
    line_.reset();
    if (pid_ > 0 && ::waitpid(pid_, &status_, 0) == pid_) pid_ = -1;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }

 private:
  using Pipe = std::array<int, 2>;

  static Pipe make_pipe() {
    Pipe ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return ends;
  }

  template <class Main>
  Child(Pipe down, Pipe up, Main main) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("no process");
    const bool in_child = pid_ == 0;
    ::close(in_child ? down[1] : down[0]);
    ::close(in_child ? up[0] : up[1]);
    line_.emplace(in_child ? down[0] : up[0], in_child ? up[1] : down[1]);
    if (in_child) run(main);
  }

  template <class Main>
  [[noreturn]] void run(Main main) {
    try {
      main(*line_);
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }

  pid_t pid_;
  int status_ = 0;
  std::optional<Line> line_;
};

}  // namespace closelab::loopback
