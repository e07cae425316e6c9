#include "server/text/spelling.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "server/text/quantity.h"

namespace closelab::server {

namespace {

/// So many characters of a word are a beginning that says something: `--p`, `con`.
constexpr std::size_t shortest_beginning = 3;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto begins = [word](std::string_view candidate) { return candidate.starts_with(word); };
  const auto begun = std::ranges::find_if(candidates, begins);
  if (word.size() >= shortest_beginning && begun != candidates.end()) return *begun;
  std::string_view best;
  // Half of the word may be wrong; beyond that a suggestion is noise.
  std::size_t distance = std::max<std::size_t>(word.size() / 2, 1) + 1;
  for (const std::string_view candidate : candidates) {
    // The lengths alone tell that they are too far apart: the word may be as long as a request target.
    if (word.size() >= candidate.size() + distance) continue;
    const std::size_t d = edit_distance(word, candidate);
    if (d < distance) {
      best = candidate;
      distance = d;
    }
  }
  return best;
}

std::string unknown_word(std::string_view what, std::string_view word, const std::vector<std::string_view>& candidates,
                         std::string_view hint) {
  const std::string unknown = "unknown " + std::string(what) + ' ' + quoted(word) + "; ";
  const std::string_view meant = nearest_word(word, candidates);
  return meant.empty() ? unknown + std::string(hint) : unknown + "did you mean " + quoted(meant) + '?';
}

}  // namespace closelab::server
