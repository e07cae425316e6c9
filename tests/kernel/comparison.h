#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "closelab/record.h"
#include "net/testbed/wire_verdict.h"
#include "tests/kernel/players.h"
#include "tests/support/capture.h"

namespace closelab::kernel_test {

/// How often one field of the verdict agreed with the capture.
struct Tally {
  std::size_t agreed = 0;
  std::size_t wrong = 0;
  /// The verdict does not say.
  std::size_t undetermined = 0;
  /// The verdict does not say, although the capture is clear.
  std::size_t missed = 0;
  /// The capture allows several answers.
  std::size_t ambiguous = 0;
  /// Wrong, and said to be inferred, on a path where packets are lost.
  std::size_t misled = 0;
};

constexpr std::array<std::string_view, 4> fields{"closed_first", "closed_by", "reset_by", "time_wait"};

struct Row {
  std::size_t connections = 0;
  /// Connections of which a field was wrong, or is not known.
  std::size_t wrong = 0;
  std::size_t not_known = 0;
  std::array<Tally, fields.size()> tallies{};
};

/// What the network and the server's kernel do to connections.
struct Conditions {
  std::string_view name = "loopback";
  /// Packets are lost, repeated or overtaken: what is inferred may be wrong.
  bool is_lossy = false;
  /// net.ipv4.tcp_max_tw_buckets is too small for the server's TIME_WAITs.
  bool lacks_time_wait = false;
};

/// Compares records with captured packets, and keeps count.
class Comparison {
 public:
  /// Prints each disagreement to `out`, up to a limit.
  explicit Comparison(std::ostream& out, const Conditions& conditions = {}) : out_(out), conditions_(conditions) {}

  void compare(const Performance& performance, const Connections& captured);
  void print_table() const;

  const std::map<const Ending*, Row>& rows() const { return rows_; }
  /// How often `closed_first` was undetermined, or `time_wait` unknown, and why.
  using Reasons = std::map<std::pair<std::string_view, UnknownBecause>, std::size_t>;
  const Reasons& reasons() const { return reasons_; }
  /// Requests of which `retry` was so.
  const std::map<Retry, std::size_t>& retries() const { return retries_; }

  /// Verdicts, reasons or connections that disagree.
  std::size_t failures() const { return failures_; }
  /// Verdicts that are undetermined although the wire is clear, and no limit of user space explains it.
  std::size_t unexplained() const { return unexplained_; }

 private:
  void explain(const Ending& ending, const ConnectionRecord& record, const std::vector<Packet>& packets,
               const WireVerdict& wire, std::string_view field);
  void compare_one(const Played& played, const ConnectionRecord& record, const std::vector<Packet>& packets);
  void count_reasons(const Verdict& verdict, Row& row);
  void check_retries(const Ending& ending, const ConnectionRecord& record, const std::vector<Packet>& packets,
                     const WireVerdict& wire);
  void report(std::string_view what, const Ending& ending, const ConnectionRecord& record,
              const std::vector<Packet>& packets, const WireVerdict& wire);

  std::ostream& out_;
  const Conditions conditions_;
  std::size_t failures_ = 0;
  std::size_t unexplained_ = 0;
  std::map<const Ending*, Row> rows_;
  std::map<std::string_view, std::size_t> causes_;
  Reasons reasons_;
  std::map<Retry, std::size_t> retries_;
  /// How often each answer was given: races are worth something only when both sides win some.
  std::map<Side, std::size_t> sides_;
};

}  // namespace closelab::kernel_test
