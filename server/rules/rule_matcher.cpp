#include "server/rules/rule_matcher.h"

namespace closelab::server {
namespace {

bool path_matches(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('*')) return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return path == pattern;
}

/// The step and the mixing of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators"):
/// neighbouring inputs give unrelated outputs.
std::uint64_t mixed(std::uint64_t state, std::uint64_t input) {
  std::uint64_t z = (state ^ input) + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace

bool matches(const Rule& rule, const Place& place) {
  if (rule.connection && *rule.connection != place.connection_id) return false;
  if (rule.request && *rule.request != place.request_number) return false;
  if (!rule.method.empty() && rule.method != place.method) return false;
  return rule.path.empty() || path_matches(rule.path, place.path);
}

bool draws(double probability, std::uint64_t seed, std::uint64_t rule_id, std::uint64_t connection_id,
           std::uint64_t request_number) {
  const std::uint64_t bits = mixed(mixed(mixed(mixed(0, seed), rule_id), connection_id), request_number);
  // The upper 53 bits as a fraction: every value of a double's precision in [0, 1), so 0 never acts and 1 always.
  return static_cast<double>(bits >> 11) * 0x1p-53 < probability;
}

}  // namespace closelab::server
