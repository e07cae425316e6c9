#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace closelab::lab {

/// How many characters must be inserted, dropped or replaced to turn one word into the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to a misspelt word; empty when none is close enough to be what was meant.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace closelab::lab
