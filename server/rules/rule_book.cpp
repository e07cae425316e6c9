#include "server/rules/rule_book.h"

#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace closelab::server {
namespace {

/// Of 53 bits: JSON's numbers are doubles for many a reader (RFC 8259 §6).
std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) >> 11;
}

void require_sense(const Rule& rule) {
  if (const std::string fault = error_of(rule); !fault.empty()) throw std::invalid_argument("rule: " + fault);
}

}  // namespace

bool BookedRule::claim() {
  std::uint64_t before = fired.load();
  do {
    if (rule.times && before >= *rule.times) return false;
  } while (!fired.compare_exchange_weak(before, before + 1));
  return true;
}

RuleBook::RuleBook(std::vector<Rule> rules, std::optional<std::uint64_t> seed) : seed_(seed ? *seed : random_seed()) {
  replace(std::move(rules));
}

std::uint64_t RuleBook::add(Rule rule) {
  require_sense(rule);
  const std::lock_guard lock(mutex_);
  BookedRules rules = *rules_;
  rules.push_back(std::make_shared<BookedRule>(++last_id_, std::move(rule)));
  publish(std::move(rules));
  return last_id_;
}

void RuleBook::replace(std::vector<Rule> rules) {
  for (const Rule& rule : rules) require_sense(rule);
  const std::lock_guard lock(mutex_);
  BookedRules booked;
  for (Rule& rule : rules) booked.push_back(std::make_shared<BookedRule>(++last_id_, std::move(rule)));
  publish(std::move(booked));
}

bool RuleBook::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  BookedRules rules = *rules_;
  const bool found = std::erase_if(rules, [id](const auto& booked) { return booked->id == id; }) > 0;
  if (found) publish(std::move(rules));
  return found;
}

void RuleBook::publish(BookedRules rules) {
  std::size_t path_bytes = 0;
  for (const auto& booked : rules) path_bytes += booked->rule.path.size();
  if (rules.size() > most_rules)
    throw std::invalid_argument("rules: there may be " + std::to_string(most_rules) + ", and these are " +
                                std::to_string(rules.size()));
  if (path_bytes > most_path_bytes)
    throw std::invalid_argument("rules: their paths may be " + std::to_string(most_path_bytes) +
                                " bytes long together, and these are " + std::to_string(path_bytes));
  count_ = rules.size();
  rules_ = std::make_shared<const BookedRules>(std::move(rules));
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const BookedRules> RuleBook::snapshot() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

std::vector<RuleStatus> RuleBook::status() const {
  std::vector<RuleStatus> result;
  const auto rules = snapshot();
  for (const auto& booked : *rules) result.push_back({booked->id, booked->rule, booked->fired});
  return result;
}

std::vector<RuleStatus> RuleBook::unused() const {
  std::vector<RuleStatus> result = status();
  std::erase_if(result, [](const RuleStatus& status) { return status.fired > 0; });
  return result;
}

}  // namespace closelab::server
