#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace closelab::lab {

/// The commands that print a text and do nothing else: help, version, man, completions.
const std::vector<std::string_view>& printed_commands();

/// What one of them prints, with the words that stand after it. Throws UsageError for a word that it does not know.
std::string text_of_command(std::string_view command, const std::vector<std::string>& words);

}  // namespace closelab::lab
