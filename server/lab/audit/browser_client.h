#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/lab/audit/child.h"
#include "server/lab/audit/client.h"
#include "server/lab/audit/temporary_folder.h"

namespace closelab::lab {

/// A browser of Chromium's family: a page that the audit serves plays the steps with fetch(), and posts what came of
/// each. It has a profile of its own, and no window unless its options say otherwise.
class BrowserClient : public Client {
 public:
  /// The program, and its own options if any.
  explicit BrowserClient(std::vector<std::string> command);
  ~BrowserClient() override;

  std::string cannot_play(const std::vector<PlanStep>&) const override { return ""; }
  void begin(const std::vector<ClientStep>& steps) override;
  Reply play(std::size_t index) override;
  void end() override {}
  void exit() override;
  std::string version() override;

 private:
  struct Page;
  /// Starts it where it does not run, and returns when its page has said what it is.
  void start();
  /// What the page says next; nothing when it does not in time. Throws when the browser has ended.
  std::optional<std::string> next_word(std::chrono::seconds longest);
  void stop();

  std::vector<std::string> command_;
  std::vector<ClientStep> steps_;
  std::string version_;
  std::unique_ptr<Page> page_;
  std::unique_ptr<TemporaryFolder> profile_;
  std::unique_ptr<Child> process_;
};

/// The command line that opens the page in a browser of Chromium's family. Pure.
std::vector<std::string> browser_command(const std::vector<std::string>& command, const std::string& profile,
                                         const std::string& url);

}  // namespace closelab::lab
