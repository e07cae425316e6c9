#include "server/lab/printed_commands.h"

#include <fmt/format.h>

#include <utility>

#include "server/lab/about/completions.h"
#include "server/lab/about/man_page.h"
#include "server/lab/about/version.h"
#include "server/lab/audit/audit_settings.h"
#include "server/lab/completed_commands.h"
#include "server/lab/experiments/settings.h"
#include "server/lab/settings/help.h"
#include "server/lab/settings/text_style.h"
#include "server/lab/settings/usage_error.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

constexpr std::string_view about_help = R"(NAME
  closelab help - show what closelab or one of its commands does

SYNOPSIS
  closelab help [COMMAND]

DESCRIPTION
  COMMAND is serve, watch, run, audit, man, completions, help or version.
)";

constexpr std::string_view about_version = R"(NAME
  closelab version - show the version

SYNOPSIS
  closelab version

DESCRIPTION
  Prints the version, what it was made with, and what this kernel allows, as
  `closelab --version` does.
)";

constexpr std::string_view about_man = R"(NAME
  closelab man - print a manual page

SYNOPSIS
  closelab man [serve|watch|run|audit]

DESCRIPTION
  Prints closelab's page or that command's, in the language of man(7).

EXAMPLES
  closelab man serve | man -l -
)";

constexpr std::string_view about_completions = R"(NAME
  closelab completions - print what a shell needs to complete command lines

SYNOPSIS
  closelab completions bash|zsh|fish

EXAMPLES
  . <(closelab completions bash)
)";

/// The help of each command; those with a manual page come first.
struct Help {
  std::string_view command;
  std::string (*text)(Charset);
};

constexpr Help helps[] = {
    {"serve", [](Charset) { return serve_help(); }},
    {"watch", watch_help},
    {"run", [](Charset) { return run_help(); }},
    {"audit", [](Charset) { return audit_help(); }},
    {"man", [](Charset) { return std::string(about_man); }},
    {"completions", [](Charset) { return std::string(about_completions); }},
    {"help", [](Charset) { return std::string(about_help); }},
    {"version", [](Charset) { return std::string(about_version); }},
};
constexpr std::size_t with_manual_page = 4;

/// The one word after a command that takes no options; empty when there is none.
std::string only_word(const std::vector<std::string>& words) {
  if (words.size() > 1) throw UsageError(fmt::format("unexpected argument {}", server::quoted(words[1])));
  return words.empty() ? "" : words.front();
}

/// `closelab help serve`.
std::string help_about(std::string_view word) {
  if (word.empty()) return program_help();
  std::vector<std::string_view> names;
  for (const Help& help : helps) {
    if (help.command == word) return help.text(choose_text_layout(Color::automatic).charset);
    names.push_back(help.command);
  }
  throw UsageError(server::unknown_word("command", word, names, "`closelab help` lists the commands"));
}

/// `closelab man serve`: the same bytes wherever they are printed, for packages are made of them.
std::string man_page_about(std::string_view word) {
  if (word.empty()) return man_page("closelab", name_and_version(), program_help());
  for (std::size_t i = 0; i < with_manual_page; ++i)
    if (helps[i].command == word)
      return man_page(fmt::format("closelab-{}", word), name_and_version(), helps[i].text(Charset::utf8));
  throw UsageError(fmt::format("there is no manual page {}; there are serve, watch, run, audit", server::quoted(word)));
}

/// `closelab completions bash`.
std::string completions_for(std::string_view word) {
  constexpr std::pair<std::string_view, Shell> shells[] = {
      {"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}};
  for (const auto& [name, shell] : shells)
    if (name == word) return completions(shell, completed_commands());
  throw UsageError(fmt::format("{} is none of bash, zsh, fish", server::quoted(word)));
}

}  // namespace

const std::vector<std::string_view>& printed_commands() {
  static const std::vector<std::string_view> commands{"help", "version", "man", "completions"};
  return commands;
}

std::string text_of_command(std::string_view command, const std::vector<std::string>& words) {
  const std::string word = only_word(words);
  if (word == "--help" || word == "-h") return help_about(command);
  if (command == "help") return help_about(word);
  if (command == "man") return man_page_about(word);
  if (command == "completions") return completions_for(word);
  if (!words.empty()) throw UsageError(fmt::format("unexpected argument {}", server::quoted(word)));
  return version_text();
}

}  // namespace closelab::lab
