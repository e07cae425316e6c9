#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/audit/played.h"
#include "server/lab/audit/scenario.h"
#include "server/lab/experiments/judge.h"

namespace closelab::lab {

/// What a client did in a scenario, in one word.
enum class Grade : std::uint8_t {
  pass,
  not_optimal,
  fail,
  info,
  not_exercised,   ///< what was to be tried did not come about
  not_applicable,  ///< nothing for a client of this kind
  harness_failed,  ///< the audit could not play it
};

std::string_view to_string(Grade grade);
/// Every grade, in the order in which a card names them.
const std::vector<Grade>& all_grades();

/// A scenario that was played and judged.
struct Graded {
  const Scenario* scenario = nullptr;
  Grade grade = Grade::harness_failed;
  /// In words.
  std::string reason{};
  /// Nobody but the client can know what decides it.
  bool by_word = false;
  std::vector<Judged> given{};
  std::vector<Judged> expect{};
  Played played{};
  /// How often it was played, without those plays in which nothing came about where others could be graded, and in how
  /// many of these plays the client did what a good one does.
  unsigned plays = 1;
  unsigned good_plays = 0;
};

/// Judges by the scenario and what came of it, and by nothing else. Pure.
Graded grade(const Scenario& scenario, Played played);

/// The worst of several plays of one scenario, with the rate where they differ; the situation may not come about in
/// each. Pure; there is at least one.
Graded combine(std::vector<Graded> plays);

}  // namespace closelab::lab
