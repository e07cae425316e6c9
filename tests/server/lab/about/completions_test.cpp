#include "server/lab/about/completions.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/lab/completed_commands.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("every setting is completed as a flag of serve, in every shell") {
  const std::vector<CompletedCommand> commands = completed_commands();
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string text = completions(shell, commands);
    for (const Setting& setting : schema()) {
      const std::string flag = flag_name(setting.key);
      CAPTURE(flag);
      CHECK(contains(text, shell == Shell::fish ? "-l " + flag.substr(2) + ' ' : flag));
    }
  }
}

TEST_CASE("values that are words are completed, those that stand for something are not") {
  const std::vector<CompletedCommand> commands{
      {"serve",
       "serve it",
       {{"--color", "auto|always", "color; as said"}, {"--idle", "DURATION|off", "how long"}},
       {}}};
  const std::string bash = completions(Shell::bash, commands);
  CHECK(contains(bash, "--color) COMPREPLY=($(compgen -W 'auto always' "));
  CHECK(contains(bash, "--idle) COMPREPLY=($(compgen -W 'off' "));
  CHECK(contains(completions(Shell::zsh, commands), "'*--color[color]:auto|always:(auto always)'"));
  CHECK(contains(completions(Shell::fish, commands), "-l color -d 'color' -x -a 'auto always'"));
}

TEST_CASE("every command is completed, those of help after help, and names where a command lists them") {
  const std::vector<CompletedCommand> commands = completed_commands();
  const std::string all = "serve watch run audit man completions help version";
  const std::string bash = completions(Shell::bash, commands);
  CHECK(contains(bash, "compgen -W '" + all + " --help --version'"));
  CHECK(contains(bash, "    help)\n      words='" + all + " --help'\n"));
  CHECK(contains(bash, "words='compare --driver "));
  CHECK(contains(bash, "=~ ^(run|audit)$ "));
  CHECK(contains(bash, "--keep-alive-timeout) COMPREPLY=($(compgen -W 'off enforced' "));
  const std::string zsh = completions(Shell::zsh, commands);
  CHECK(contains(zsh, "'version:show the version'"));
  CHECK(contains(zsh, "'1:name:(" + all + ")'"));
  CHECK(contains(zsh, "'*:name: _closelab_names audit compare'"));
  const std::string fish = completions(Shell::fish, commands);
  CHECK(contains(fish, "-a version -d 'show the version'"));
  CHECK(contains(fish, "-n '__fish_seen_subcommand_from audit' -a 'compare (closelab audit --list "));
}

}  // namespace
}  // namespace closelab::lab
