#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket/unique_fd.h"

namespace closelab::lab {

/// What a program floods its stream with is no line, and is not kept.
struct LineTooLong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A program under audit, in a process group of its own, with what it reads and writes in pipes. Ended with the object,
/// and all that it has started with it. Its environment lets no proxy come between.
class Child {
 public:
  enum class Stream : std::uint8_t { output, errors };
  using Deadline = std::chrono::steady_clock::time_point;

  /// Throws std::system_error when it can't be started: there is no such program, or it may not be run.
  explicit Child(const std::vector<std::string>& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// False when nobody reads it any more.
  bool write(std::string_view text) const;
  void close_input() { input_.reset(); }
  /// The next line without its end; nothing when the stream has ended, or none came in time. Throws LineTooLong.
  std::optional<std::string> next_line(Stream stream, Deadline deadline);
  /// Takes what is there of a program whose words nobody reads, so that it never waits for us; the last are kept.
  void drain();
  /// Whether more can come.
  bool is_open(Stream stream) const { return static_cast<bool>(pipe(stream).fd); }
  /// The last line of its standard error, as far as nobody has taken it, that speaks of an error; else the last line.
  std::string last_error() const;
  /// How it has ended: `exit code 141, SIGPIPE: what it said last`.
  std::string ending() const;
  /// Asks it, and all that it has started, to end.
  void signal(int number) const;
  /// Its exit code, or 128 and the signal's number; it is killed at the deadline.
  int wait(Deadline deadline);
  bool is_running();

  /// Ends all there are, from any thread; from then on none can be started.
  static void end_all();

 private:
  struct Pipe {
    net::UniqueFd fd{};
    std::string buffer{};
  };
  Pipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }
  const Pipe& pipe(Stream stream) const { return pipes_[static_cast<std::size_t>(stream)]; }
  bool fill(Deadline deadline);
  void take(Pipe& from);
  void kill_group() const;
  std::optional<int> reap(int options);

  pid_t pid_ = -1;
  std::optional<int> exit_code_{};
  net::UniqueFd input_{};
  std::array<Pipe, 2> pipes_{};
};

}  // namespace closelab::lab
