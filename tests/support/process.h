#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace closelab::cli {

using Deadline = std::chrono::steady_clock::time_point;

/// How long a test waits for anything before it fails.
inline constexpr std::chrono::seconds patience{10};

Deadline from_now();

/// Whether there is something to read, at the latest at the deadline.
bool readable_before(int fd, Deadline deadline);

/// What a program that ran to its end left.
struct Finished {
  /// 128 + the signal's number when a signal killed it.
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs a program to its end; `arguments` begin with its name. Throws when that takes too long.
Finished run(const std::vector<std::string>& arguments);

/// A program that runs beside the test. Ended when it goes out of scope.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  bool has_ended() const;
  /// What it has written to standard error so far.
  std::string errors() const;
  /// The next line of its standard output, without the newline. Throws at its end and when none comes.
  std::string line();
  /// Everything to the end of its standard output.
  std::string rest();
  void close_stdout();
  void signal(int number) const;
  /// Waits for its end.
  Finished finished();

 private:
  bool fill();

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string buffer_;
};

}  // namespace closelab::cli
