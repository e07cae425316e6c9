#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace closelab::lab {

/// Breaks a text at spaces into lines of at most `columns`, each with the prefix and a newline. A word
/// that is longer stands alone.
std::string wrap(std::string_view text, std::string_view prefix, std::size_t columns);

}  // namespace closelab::lab
