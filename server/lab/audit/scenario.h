#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/audit/plan.h"
#include "server/lab/experiments/expectation.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// How much a scenario weighs: what RFC 9110 and 9112 demand, what they advise, what is merely better, what is only
/// told.
enum class Requirement : std::uint8_t { must, should, optimal, info };

std::string_view to_string(Requirement requirement);

/// A situation into which a client is brought, and what a good one does there. One file of conf/audit.
struct Scenario {
  /// The file's name without `.toml`.
  std::string id{};
  std::string title{};
  std::string why{};
  /// `RFC 9112 section 9.6`.
  std::string section{};
  Requirement requirement = Requirement::info;
  /// Among the failed of one class, those that weigh more are told first.
  unsigned weight = 1;
  /// The server that the client meets.
  Settings server{};
  /// The name in the URL: an address, or `localhost`.
  std::string host = "127.0.0.1";
  std::vector<PlanStep> plan{};
  /// How often it is played: where the kernel decides a race, only a rate tells something.
  unsigned tries = 1;
  /// The client is started for this scenario alone, and ended with it.
  bool alone = false;
  /// What has to have come about for the case to count.
  std::vector<Expectation> given{};
  /// What a good client does.
  std::vector<Expectation> expect{};
  /// What to say when it did, and when it did not; `{NAME}` is an observation.
  std::string good{};
  std::string bad{};
};

/// The client's steps among those of the plan.
std::vector<PlanStep> steps_of_client(const Scenario& scenario);

}  // namespace closelab::lab
