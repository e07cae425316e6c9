#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/lab/audit/child.h"
#include "server/lab/audit/client.h"

namespace closelab::lab {

/// A client that is driven step by step: a program that reads one step a line and answers each with a line
/// (docs/audit.md). It plays every scenario in one process, unless it has ended or been ended.
class DriverClient : public Client {
 public:
  explicit DriverClient(std::vector<std::string> command) : command_(std::move(command)) {}

  std::string cannot_play(const std::vector<PlanStep>&) const override { return ""; }
  void begin(const std::vector<ClientStep>& steps) override;
  Reply play(std::size_t index) override;
  void end() override {}
  void exit() override;
  std::string version() override;

 private:
  /// Starts it where it does not run, and returns when it has said what it is.
  void start();
  /// Sends a line, and returns the one that answers it; nothing when none comes in time.
  std::optional<std::string> ask(const std::string& line, std::chrono::seconds longest);
  [[noreturn]] void fail(const std::string& what);

  std::vector<std::string> command_;
  std::unique_ptr<Child> process_;
  std::string version_;
  std::vector<ClientStep> steps_;
};

/// The command that runs a driver's file: itself where it may be run, else what its ending says. Throws UsageError when
/// there is no such file, or nothing runs it.
std::vector<std::string> driver_command(const std::string& file);

}  // namespace closelab::lab
