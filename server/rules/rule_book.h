#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "closelab/rule.h"

namespace closelab::server {

/// A rule with the count of how often it has acted; shared by the book and the connections that it is armed for.
struct BookedRule {
  BookedRule(std::uint64_t number, Rule what) : id(number), rule(std::move(what)) {}

  /// False when it has acted as often as it may. Connections of several reactors may claim it at once.
  bool claim();

  const std::uint64_t id;
  const Rule rule;
  std::atomic<std::uint64_t> fired{0};
};

using BookedRules = std::vector<std::shared_ptr<BookedRule>>;

/// The rules of a server. Any thread may change them; reactors read a snapshot.
class RuleBook {
 public:
  /// Every request looks through them all.
  static constexpr std::size_t most_rules = 1000;
  /// The most that their paths may take together.
  static constexpr std::size_t most_path_bytes = 1024 * 1024;

  /// Throws std::invalid_argument for a rule that makes no sense, and for more than the bounds allow; so do add() and
  /// replace(), and then nothing is changed.
  explicit RuleBook(std::vector<Rule> rules, std::optional<std::uint64_t> seed);

  std::uint64_t add(Rule rule);
  void replace(std::vector<Rule> rules);
  bool remove(std::uint64_t id);
  std::vector<RuleStatus> status() const;
  /// Those that have never acted.
  std::vector<RuleStatus> unused() const;

  /// One load, for the many connections of servers without rules.
  bool empty() const { return count_.load(std::memory_order_relaxed) == 0; }
  /// Changes with every change of the rules.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Keep it in a variable while it is read: it may be the last reference.
  std::shared_ptr<const BookedRules> snapshot() const;
  /// What rules with a probability depend on.
  std::uint64_t seed() const { return seed_; }

 private:
  void publish(BookedRules rules);

  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  std::shared_ptr<const BookedRules> rules_ = std::make_shared<BookedRules>();
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> version_{0};
  std::uint64_t last_id_ = 0;
};

}  // namespace closelab::server
