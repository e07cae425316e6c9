#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/lab/experiments/expectation.h"
#include "server/lab/experiments/play_steps.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// What an experiment concludes about its claim.
enum class Conclusion : std::uint8_t {
  confirmed,    ///< what the claim predicts happened in every case
  refuted,      ///< it did not even happen in the first case, which is the situation that the claim is about
  conditional,  ///< it happened in the first case and not in every other
  not_shown,    ///< a case could not be played or seen here
};

/// `confirmed`, `refuted`, `true under a condition`, `not shown`.
std::string_view to_string(Conclusion conclusion);

/// Where the client and the server are.
enum class Hosts : std::uint8_t {
  one,  ///< both on one machine, which talk over loopback
  two,  ///< two machines, with a network between them that can delay, drop and repeat
};

struct Network {
  Hosts hosts = Hosts::one;
  /// From one host to the other.
  std::chrono::milliseconds delay{0};
  /// Largest packet.
  int mtu = 1500;
};

/// One situation in which the claim is tried.
struct Case {
  /// `the server closes first`: completes "when".
  std::string when{};
  Settings server{};
  Network network{};
  /// net.ipv4 NAME = VALUE, on both hosts.
  std::vector<std::pair<std::string, std::string>> sysctl{};
  std::vector<Step> play{};
  /// What makes it the situation that `when` names, where timing can prevent that: else it is played again, and in the
  /// end not shown.
  std::vector<Expectation> given{};
  /// What the claim predicts; decides the conclusion.
  std::vector<Expectation> claim{};
  /// What else is known to happen; a difference makes `closelab run` fail.
  std::vector<Expectation> expect{};
  /// Takes more than a few seconds: only with --slow.
  bool slow = false;
  /// Whether its ladder is printed.
  bool picture = true;
};

/// A claim and the situations in which it is tried.
struct Experiment {
  /// The file's name without `.toml`.
  std::string name{};
  std::string title{};
  /// Numbers of the claims (claims.h) that it decides.
  std::vector<std::string> claims{};
  std::string claim{};
  std::string explanation{};
  std::string rfc{};
  /// What is known to come out.
  Conclusion conclusion = Conclusion::confirmed;
  std::vector<Case> cases{};
};

}  // namespace closelab::lab
