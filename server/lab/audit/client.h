#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/audit/plan.h"
#include "server/lab/audit/reply.h"

namespace closelab::lab {

/// A step as the client is told it.
struct ClientStep {
  StepKind kind = StepKind::get;
  std::string url{};
  /// As PlanStep::number.
  std::uint64_t number = 0;

  /// `UP http://127.0.0.1:40001/echo 100000`.
  std::string text() const;
};

/// The client under audit. Its functions throw std::exception where the audit itself can't go on: the client can't be
/// started, or does not keep to the protocol.
class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  /// Why this plan is nothing for it; empty when it is not.
  virtual std::string cannot_play(const std::vector<PlanStep>& plan) const = 0;
  /// A scenario begins. Nothing is requested yet.
  virtual void begin(const std::vector<ClientStep>& steps) = 0;
  /// Plays the step of that index, in their order, and returns when the client has said what came of it.
  virtual Reply play(std::size_t index) = 0;
  /// The scenario is over.
  virtual void end() = 0;
  /// Ends the client's process as it ends by itself, and returns when it is gone.
  virtual void exit() = 0;
  /// What it calls itself, and its version; empty where it does not tell.
  virtual std::string version() = 0;
};

/// Makes one client more, for scenarios that are played beside others.
using ClientFactory = std::function<std::unique_ptr<Client>()>;

/// How long a client may take over one step.
constexpr std::chrono::seconds longest_step{10};

}  // namespace closelab::lab
