#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace closelab::cli {

using Deadline = std::chrono::steady_clock::time_point;

/// How long a test waits for anything before it fails.
inline constexpr std::chrono::seconds patience{10};

/// What a program that ran to its end left.
struct Finished {
  /// 128 + the signal's number when a signal killed it.
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs a program to its end; `arguments` begin with its name. Throws when that takes too long.
Finished run(const std::vector<std::string>& arguments);

/// A program that runs beside the test. Killed when it goes out of scope.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
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

/// `closelab serve` on a port of the kernel's choice, its log as JSON.
class Lab {
 public:
  explicit Lab(const std::vector<std::string>& flags = {});

  Program& program() { return program_; }
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const;
  /// Of the admin port.
  std::string admin_url(const std::string& path = "/") const { return admin_url_ + path.substr(1); }
  /// The next event of that name; others before it are passed over.
  nlohmann::json event(const std::string& name);
  /// The record of the next connection that settles.
  nlohmann::json settled() { return event("settled")["connection"]; }

 private:
  Program program_;
  std::uint16_t port_ = 0;
  std::string admin_url_;
};

/// Runs `curl -sS` with the arguments.
Finished curl(std::vector<std::string> arguments);

/// Runs the program with the arguments.
Finished closelab(std::vector<std::string> arguments);

/// A connection to 127.0.0.1 that does only what it is told.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(const std::string& bytes) const;
  /// Reads until the text has come; returns all that was read. Throws when it does not come.
  std::string read_until(const std::string& text) const;
  /// Reads to the server's FIN.
  std::string read_to_end() const;

 private:
  int fd_;
};

}  // namespace closelab::cli
