#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace closelab::cli {

/// `closelab serve` on a port of the kernel's choice, its log as JSON.
class Lab {
 public:
  explicit Lab(const std::vector<std::string>& flags = {});

  Program& program() { return program_; }
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const;
  /// The URL of the admin port.
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
