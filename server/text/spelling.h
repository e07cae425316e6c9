#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::server {

/// How many characters must be inserted, dropped or replaced to turn one word into the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first candidate that begins with a misspelt word, else the one closest to it; empty when none is what was meant.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates);

/// `unknown key "prot"; did you mean "port"?`, or the hint instead of the question when no candidate is near.
std::string unknown_word(std::string_view what, std::string_view word, const std::vector<std::string_view>& candidates,
                         std::string_view hint);

}  // namespace closelab::server
