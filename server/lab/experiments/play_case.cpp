#include "server/lab/experiments/play_case.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "server/lab/experiments/case_observer.h"
#include "server/lab/experiments/case_setup.h"
#include "server/lab/experiments/step_runner.h"

namespace closelab::lab {
namespace {

bool listens(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) { return step.verb == Verb::listen; });
}

bool asks_netstat(const Case& played) {
  const auto asks = [](const Expectation& expectation) {
    return expectation.text.find("netstat.") != std::string::npos;
  };
  return std::ranges::any_of(played.given, asks) || std::ranges::any_of(played.claim, asks) ||
         std::ranges::any_of(played.expect, asks);
}

/// A play without a listener of its own is about the server; where the first thing said of the server is not that it
/// starts, it is there from the beginning.
bool wants_server(const std::vector<Step>& steps) {
  const auto first = std::ranges::find(steps, "server", &Step::actor);
  return first == steps.end() ? !listens(steps) : first->verb != Verb::start;
}

/// What decides how long a connection's end takes, and what may be done with its ports.
void take_down_sysctl(CaseOutcome& outcome) {
  for (const char* name : {"ip_local_port_range", "tcp_fin_timeout", "tcp_max_tw_buckets", "tcp_orphan_retries",
                           "tcp_rfc1337", "tcp_timestamps", "tcp_tw_reuse", "tcp_tw_reuse_delay"})
    if (std::string value = testbed::ipv4_sysctl(name); !value.empty())
      outcome.sysctl.emplace_back(name, std::move(value));
}

void play(const Case& played, const CaseSetupOptions& options, CaseOutcome& outcome) {
  CaseSetup stage(played, options);
  if (wants_server(played.play)) {
    if (const std::string result = stage.server().start(); result != "ok")
      throw std::runtime_error("the server does not start: " + result);
  }
  take_down_sysctl(outcome);
  CaseObserver witness(stage);
  StepRunner player(stage, witness, played);
  player.play(played.play);
  witness.conclude(player.server_ports(), player.calls(), outcome);
  player.take_down(outcome);
  if (!played.picture) outcome.forget_picture();
  if (asks_netstat(played) && stage.shared().empty()) CaseObserver::ask_netstat(outcome.observed);
}

}  // namespace

CaseOutcome play_case(const Case& played, const CaseSetupOptions& options) {
  CaseOutcome outcome;
  const auto started = std::chrono::steady_clock::now();
  try {
    play(played, options, outcome);
  } catch (const std::exception& error) {
    outcome.not_shown = error.what();
  }
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return outcome;
}

}  // namespace closelab::lab
