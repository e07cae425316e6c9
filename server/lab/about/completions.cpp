#include "server/lab/about/completions.h"

#include <fmt/format.h>

#include <algorithm>

namespace closelab::lab {
namespace {

bool is_file(const CompletedOption& option) { return option.placeholder == "FILE" || option.placeholder == "DIR"; }

/// The words of a placeholder that stand for themselves, such as `off` in `DURATION|off`; capitals stand for a value.
std::string values_of(const CompletedOption& option) {
  std::string words;
  std::string_view rest = option.placeholder;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("|, "), rest.size());
    const std::string_view word = rest.substr(0, end);
    const bool is_word = !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
    if (is_word && !words.empty()) words += ' ';
    if (is_word) words += word;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::string joined_names(const CompletedCommand& command) {
  std::vector<std::string> names = command.words;
  for (const CompletedOption& option : command.options) names.push_back(option.name);
  names.emplace_back("--help");
  return fmt::format("{}", fmt::join(names, " "));
}

/// The commands that print names with --list, as alternatives of a pattern.
std::string listing_commands(const std::vector<CompletedCommand>& commands) {
  std::vector<std::string_view> names;
  for (const CompletedCommand& command : commands)
    if (command.lists_names) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, "|"));
}

/// Up to the first stop, without what a shell's quotes and zsh's brackets would take for their own.
std::string summary(std::string_view help) {
  std::string text(help.substr(0, help.find_first_of(";.:(")));
  std::erase_if(text, [](char c) { return std::string_view("'\"`[]\\$:").find(c) != std::string_view::npos; });
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

/// What follows an option that takes a value.
std::string bash_values(const CompletedCommand& command) {
  std::string cases;
  for (const CompletedOption& option : command.options) {
    const std::string values = values_of(option);
    if (is_file(option))
      cases += fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", option.name);
    else if (!option.placeholder.empty())
      cases +=
          fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n", option.name, values);
  }
  return cases.empty() ? "" : fmt::format("      case $previous in\n{}      esac\n", cases);
}

std::string bash(const std::vector<CompletedCommand>& commands) {
  std::string names;
  std::string cases;
  for (const CompletedCommand& command : commands) {
    names += command.name + ' ';
    cases += fmt::format("    {})\n{}      words='{}'\n      ;;\n", command.name, bash_values(command),
                         joined_names(command));
  }
  return fmt::format(R"sh(# bash completion for closelab: made by `closelab completions bash`
_closelab() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} words
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '{}--help --version' -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ ${{COMP_WORDS[1]}} =~ ^({})$ && $current != -* ]]; then
    local names=$("${{COMP_WORDS[0]}}" "${{COMP_WORDS[1]}}" --list 2>/dev/null | awk '/^[a-z]/ {{ print $1 }}')
    COMPREPLY+=($(compgen -W "$names" -- "$current") $(compgen -f -X '!*.toml' -- "$current"))
  fi
}}
complete -o bashdefault -F _closelab closelab
)sh",
                     names, cases, listing_commands(commands));
}

std::string zsh_option(const CompletedOption& option) {
  const std::string text = fmt::format("{}[{}]", option.name, summary(option.help));
  if (option.placeholder.empty()) return fmt::format("      '{}' \\\n", text);
  const std::string values = values_of(option);
  const std::string action = is_file(option) ? "_files" : values.empty() ? " " : fmt::format("({})", values);
  return fmt::format("      '*{}:{}:{}' \\\n", text, summary(option.placeholder), action);
}

/// What may stand after a command: one of its words, a name or a file.
std::string zsh_words(const CompletedCommand& command) {
  const std::string words = fmt::format("{}", fmt::join(command.words, " "));
  if (command.lists_names) return fmt::format("'*:name: _closelab_names {} {}'", command.name, words);
  return words.empty() ? "'*:file:_files'" : fmt::format("'1:name:({})'", words);
}

std::string zsh(const std::vector<CompletedCommand>& commands) {
  std::string names;
  std::string cases;
  for (const CompletedCommand& command : commands) {
    names += fmt::format("      '{}:{}'\n", command.name, summary(command.help));
    cases += fmt::format("    {})\n      _arguments \\\n", command.name);
    for (const CompletedOption& option : command.options) cases += zsh_option(option);
    cases += fmt::format("      {}\n      ;;\n", zsh_words(command));
  }
  return fmt::format(R"sh(#compdef closelab
# made by `closelab completions zsh`
_closelab_names() {{
  local -a names=(${{(f)"$(closelab $1 --list 2>/dev/null | awk '/^[a-z]/ {{ print $1 }}')"}})
  compadd -- $names "${{@:2}}"
  _files -g '*.toml'
}}
_closelab() {{
  if ((CURRENT == 2)); then
    local -a commands=(
{}    )
    _describe command commands
    _arguments '--help' '--version'
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
{}  esac
}}
_closelab "$@"
)sh",
                     names, cases);
}

std::string fish_option(const CompletedCommand& command, const CompletedOption& option) {
  std::string line = fmt::format("complete -c closelab -n '__fish_seen_subcommand_from {}' -l {} -d '{}'", command.name,
                                 option.name.substr(2), summary(option.help));
  if (is_file(option)) return line + " -r -F\n";
  if (option.placeholder.empty()) return line + '\n';
  return fmt::format("{} -x -a '{}'\n", line, values_of(option));
}

/// Names are not all there is after commands that list them: files are completed as well.
std::string fish_words(const CompletedCommand& command) {
  std::string words = fmt::format("{}", fmt::join(command.words, " "));
  if (command.lists_names)
    words += fmt::format(" (closelab {} --list 2>/dev/null | string match -r \"^[a-z]\\S*\")", command.name);
  if (words.empty()) return "";
  return fmt::format("complete -c closelab{} -n '__fish_seen_subcommand_from {}' -a '{}'\n",
                     command.lists_names ? "" : " -f", command.name, words);
}

std::string fish(const std::vector<CompletedCommand>& commands) {
  std::string out = "# fish completion for closelab: made by `closelab completions fish`\n";
  for (const CompletedCommand& command : commands) {
    out += fmt::format("complete -c closelab -f -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                       summary(command.help));
    for (const CompletedOption& option : command.options) out += fish_option(command, option);
    out += fish_words(command);
  }
  return out;
}

}  // namespace

std::string completions(Shell shell, const std::vector<CompletedCommand>& commands) {
  switch (shell) {
    case Shell::bash:
      return bash(commands);
    case Shell::zsh:
      return zsh(commands);
    case Shell::fish:
      return fish(commands);
  }
  return "";
}

}  // namespace closelab::lab
