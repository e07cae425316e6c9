#pragma once

#include <memory>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "server/lab/audit/child.h"
#include "server/lab/audit/client.h"

namespace closelab::lab {

/// A command to which the URL is appended. A new process plays each scenario, and its exit status is its word; plans of
/// more than one GET are nothing for it, nor those that look at connections that it would hold open.
class CommandClient : public Client {
 public:
  explicit CommandClient(std::vector<std::string> command) : command_(std::move(command)) {}

  std::string cannot_play(const std::vector<PlanStep>& plan) const override;
  void begin(const std::vector<ClientStep>& steps) override { url_ = steps.front().url; }
  Reply play(std::size_t index) override;
  void end() override {}
  void exit() override {}
  std::string version() override;

 private:
  std::vector<std::string> command_;
  std::string url_;
};

/// The command line of a curl that plays the steps in one process: each is held up by a URL on another origin, which
/// answers when the step may begin, and followed by a line on standard error that tells what came of it. `upload` is a
/// file of the size of an upload. Pure.
std::vector<std::string> curl_command(const std::vector<std::string>& command, const std::vector<ClientStep>& steps,
                                      const std::string& gate_url, const std::string& upload);

/// Reads curl's line about a step; its own message, if any, came before.
Reply curl_reply(std::string_view line, const std::string& message);

/// The one command whose ways are known: it plays plans of several steps, with any method, and tells how each ended.
class CurlClient : public Client {
 public:
  explicit CurlClient(std::vector<std::string> command);
  ~CurlClient() override;

  std::string cannot_play(const std::vector<PlanStep>& plan) const override;
  void begin(const std::vector<ClientStep>& steps) override;
  Reply play(std::size_t index) override;
  void end() override;
  void exit() override;
  std::string version() override;

 private:
  struct Gate;
  std::vector<std::string> command_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<Child> process_;
  std::size_t count_ = 0;
};

/// Whether the command is curl, by its program's name.
bool is_curl(const std::vector<std::string>& command);

/// The first line of what the command prints, on either stream; empty when it does not. Throws std::system_error when
/// it can't be started.
std::string first_line(const std::vector<std::string>& command);

/// The first line of what the program prints with --version, without what stands after its version.
std::string version_line(const std::string& program);

}  // namespace closelab::lab
