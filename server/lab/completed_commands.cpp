#include "server/lab/completed_commands.h"

#include <algorithm>
#include <utility>

#include "closelab/close_mode.h"
#include "server/lab/audit/audit_settings.h"
#include "server/lab/experiments/settings.h"
#include "server/lab/settings/settings.h"
#include "server/lab/watch/settings.h"

namespace closelab::lab {
namespace {

template <class Flags>
std::vector<CompletedOption> options_of(const Flags& flags) {
  std::vector<CompletedOption> options;
  for (const auto& flag : flags)
    options.push_back({std::string(flag.name), std::string(flag.placeholder), std::string(flag.help)});
  return options;
}

std::vector<CompletedOption> serve_options() {
  std::vector<CompletedOption> options{{"--conf", "FILE", "read settings from a TOML file"},
                                       {"--rule", "KEY=VALUE", "a rule"},
                                       {"--print-conf", "", "print the settings in effect"}};
  for (const Setting& setting : schema()) {
    const std::string flag = flag_name(setting.key);
    const bool is_switch = setting.kind == Kind::on_off;
    const std::string placeholder =
        setting.placeholder == "MODE" ? std::string(close_mode_names()) : setting.placeholder;
    options.push_back({flag, is_switch ? "" : placeholder, std::string(setting.help)});
    if (is_switch) options.push_back({"--no-" + flag.substr(2), "", "not " + flag});
  }
  return options;
}

}  // namespace

std::vector<CompletedCommand> completed_commands() {
  std::vector<CompletedCommand> commands{
      {"serve", "start the lab server", serve_options()},
      {"watch", "show sockets by state, and who holds TIME_WAIT", options_of(watch_flags())},
      {.name = "run", .help = "replay experiments", .options = options_of(run_flags()), .lists_names = true},
      {"audit", "grade an HTTP client", options_of(audit_flags()), {"compare"}, true},
      {"man", "print a manual page", {}, {"serve", "watch", "run", "audit"}},
      {"completions", "print what a shell needs to complete command lines", {}, {"bash", "zsh", "fish"}},
      {"help", "show what closelab or one of its commands does"},
      {"version", "show the version"},
  };
  std::vector<std::string> names;
  for (const CompletedCommand& command : commands) names.push_back(command.name);
  std::ranges::find(commands, "help", &CompletedCommand::name)->words = std::move(names);
  return commands;
}

}  // namespace closelab::lab
