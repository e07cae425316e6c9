#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace closelab::lab {

/// What a shell completes after an option.
struct CompletedOption {
  /// `--idle-timeout`.
  std::string name{};
  /// As in help: `DURATION|off`; empty when it takes no value.
  std::string placeholder{};
  std::string help{};
};

/// A command with its options, and the words that may stand after it.
struct CompletedCommand {
  std::string name{};
  std::string help{};
  std::vector<CompletedOption> options{};
  std::vector<std::string> words{};
  /// Further words are the first of the lines that the command prints with --list, and names of TOML files.
  bool lists_names = false;
};

enum class Shell : std::uint8_t { bash, zsh, fish };

/// What the shell has to read to complete closelab's command lines. Pure.
std::string completions(Shell shell, const std::vector<CompletedCommand>& commands);

}  // namespace closelab::lab
