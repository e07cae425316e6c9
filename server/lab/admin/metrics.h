#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "closelab/record.h"
#include "closelab/server.h"

namespace closelab::lab {

/// How many values were at most so large, for upper bounds from 0.1 ms to 100 s.
class Histogram {
 public:
  static constexpr std::array bounds{0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 100.0};

  void add(std::chrono::nanoseconds value);
  /// The samples of an OpenMetrics histogram of that name.
  std::string text(std::string_view name) const;

 private:
  /// By the smallest bound that holds the value; the last is for none.
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// Sums up requests and endings, and writes them as OpenMetrics text (version 1.0.0). Not synchronized.
class Metrics {
 public:
  void request(const RequestRecord& request);
  void settled(const ConnectionRecord& record);
  /// Endings by who closed first.
  std::map<Side, std::uint64_t> endings_by_side() const;
  /// The whole exposition, which ends with `# EOF`.
  std::string text(const Counts& counts) const;

 private:
  using Ending = std::tuple<Side, ClosedBy, CloseReason, TimeWait>;

  std::string requests_text(const Counts& counts) const;
  std::string endings_text() const;

  /// By the first digit of the status; 0 when there was no answer.
  std::array<std::uint64_t, 6> requests_{};
  std::map<Ending, std::uint64_t> endings_;
  Histogram request_duration_;
  Histogram lifetime_;
  Histogram ending_duration_;
};

/// From the first FIN or RST to the last thing seen: how long the end took. Negative when neither was seen.
std::chrono::nanoseconds ending_duration(const ConnectionRecord& record);

}  // namespace closelab::lab
