#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace closelab::lab {

/// A conf file or an experiment is some kilobytes; more is a mistake.
constexpr std::size_t most_toml_bytes = 1 << 20;

/// How many brackets may be open at once, and how many dots one key may have. The TOML library recurses into each level
/// and sets no bound of its own on dots: a key of 50,000 parts overflowed the stack.
constexpr std::size_t most_toml_levels = 32;

/// The file's text. Throws UsageError when it can't be read or is longer than most_toml_bytes.
std::string read_toml_file(const std::string& file);

/// Throws UsageError, `FILE:LINE:COLUMN: what`, for a text that is not TOML, or lies too deep.
toml::table parse_toml(std::string_view text, const std::string& file);

}  // namespace closelab::lab
