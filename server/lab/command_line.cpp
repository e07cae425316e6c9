#include "server/lab/command_line.h"

#include <fmt/format.h>

// One translation unit includes CLI11: it is large.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "server/lab/about/version.h"
#include "server/lab/printed_commands.h"
#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/help.h"
#include "server/lab/settings/text_style.h"
#include "server/lab/settings/usage_error.h"
#include "server/rules/rule_text.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

/// An option as an unknown one is compared with; the form is what stands for its value, empty when it takes none.
struct OptionForm {
  std::string name;
  std::string form;
};
using OptionForms = std::vector<OptionForm>;

bool is_among(std::string_view word, std::string_view form) {
  return ('|' + std::string(form) + '|').find('|' + std::string(word) + '|') != std::string::npos;
}

/// `--format json` for `json`: the one option that takes the word as its value; empty when none does, or several do.
std::string option_with_value(std::string_view word, const OptionForms& options) {
  std::string found;
  for (const OptionForm& option : options) {
    if (word.empty() || !is_among(word, option.form)) continue;
    if (!found.empty()) return "";
    found = fmt::format("{} {}", option.name, word);
  }
  return found;
}

[[noreturn]] void refuse_option(std::string_view extra, const OptionForms& options, std::string_view hint) {
  const std::string_view name = extra.substr(0, extra.find('='));
  const std::string meant = option_with_value(name.substr(2), options);
  if (!meant.empty()) throw UsageError(fmt::format("unknown option \"{}\"; did you mean \"{}\"?", name, meant));
  std::vector<std::string_view> names;
  for (const OptionForm& option : options) names.push_back(option.name);
  throw UsageError(server::unknown_word("option", name, names, hint));
}

void refuse_unknown(const CLI::App& app, const OptionForms& options, std::string_view hint) {
  if (app.remaining_size() == 0) return;
  const std::string extra = app.remaining().front();
  if (extra.starts_with("--")) refuse_option(extra, options, hint);
  const bool is_of_switch = extra == "on" || extra == "off";
  throw UsageError(fmt::format("unexpected argument {}; {}", server::quoted(extra),
                               is_of_switch ? "a switch takes it after a =, as in --lookups=off" : hint));
}

/// An option with a value, which CLI11 takes to be optional: that it is missing is said here, in our words.
CLI::Option* add_with_value(CLI::App& app, const std::string& flag) { return app.add_option(flag)->expected(0, 1); }

/// The values that were given, one for each time. Throws UsageError for one that is missing.
std::vector<std::string> values(const CLI::Option& option, std::string_view name, std::string_view form) {
  std::vector<std::string> given = option.results();
  for (const std::string& value : given)
    if (value.empty()) throw UsageError(fmt::format("{0} wants a value: {0} {1}", name, form));
  return given;
}

/// A flag of `watch` or `run` (WatchFlag, RunFlag).
template <class Flag>
CLI::Option* add_flag(CLI::App& app, const Flag& flag) {
  const std::string name(flag.name);
  return flag.placeholder.empty() ? app.add_flag(name) : add_with_value(app, name)->take_all();
}

template <class Flag, class Settings>
void set_flag(const Flag& flag, const CLI::Option& option, Settings& settings) {
  for (const std::string& value : values(option, flag.name, flag.placeholder)) {
    const std::string error = flag.set(settings, value);
    if (!error.empty()) throw UsageError(fmt::format("{}: {}", flag.name, error));
  }
}

template <class Flags>
OptionForms forms_of(const Flags& flags) {
  OptionForms forms{{"--help", ""}};
  for (const auto& flag : flags) forms.push_back({std::string(flag.name), std::string(flag.placeholder)});
  return forms;
}

/// The options of `closelab serve`: one for each setting, and those that are not settings.
class ServeOptions {
 public:
  explicit ServeOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    print_conf_ = app.add_flag("--print-conf");
    conf_ = add_with_value(app, "--conf")->take_all();
    rules_ = add_with_value(app, "--rule")->take_all();
    for (const Setting& setting : schema()) {
      // The former name comes first, so that the present one wins when both are given.
      if (!setting.former_key.empty()) add(setting, setting.former_key);
      add(setting, setting.key);
    }
  }

  Command command() const {
    if (help_->count() > 0) return {.text = serve_help()};
    refuse_unknown(app_, forms(), "`closelab serve --help` lists the options");
    Settings settings;
    for (const std::string& file : values(*conf_, "--conf", "FILE")) settings = read_conf(file, std::move(settings));
    for (const Spelling& spelling : spellings_) set(spelling, settings);
    for (const std::string& line : values(*rules_, "--rule", "KEY=VALUE,KEY=VALUE..."))
      add_rule(settings, rule(line), fmt::format("--rule {}: ", line));
    if (const std::string error = contradiction(settings); !error.empty()) throw UsageError(error);
    return {.action = print_conf_->count() > 0 ? Command::Action::print_conf : Command::Action::serve,
            .settings = std::move(settings)};
  }

 private:
  /// A setting under its key or its former key.
  struct Spelling {
    const Setting* setting;
    std::string flag;
    CLI::Option* option;
  };

  /// A switch takes no word after it: `--lookups`, `--no-lookups` or `--lookups=off`.
  void add(const Setting& setting, std::string_view key) {
    const std::string flag = flag_name(key);
    const bool is_switch = setting.kind == Kind::on_off;
    CLI::Option* option =
        is_switch ? app_.add_flag(fmt::format("{},!--no-{}", flag, flag.substr(2))) : add_with_value(app_, flag);
    spellings_.push_back({&setting, flag, option->take_all()});
  }

  static std::string given_value(const Setting& setting, const std::vector<std::string>& given) {
    return setting.arity == Arity::many ? fmt::format("{}", fmt::join(given, ",")) : given.back();
  }

  static void set(const Spelling& spelling, Settings& settings) {
    const std::vector<std::string> given = values(*spelling.option, spelling.flag, spelling.setting->placeholder);
    if (given.empty()) return;
    const std::string now = flag_name(spelling.setting->key);
    if (spelling.flag != now) settings.notes.push_back(former_name_note(spelling.flag, now));
    const std::string error = spelling.setting->set(settings, given_value(*spelling.setting, given));
    if (!error.empty()) throw UsageError(fmt::format("{}: {}", spelling.flag, error));
  }

  static OptionForms forms() {
    OptionForms forms{{"--conf", ""}, {"--rule", ""}, {"--print-conf", ""}, {"--help", ""}};
    for (const Setting& setting : schema())
      forms.push_back({flag_name(setting.key), setting.kind == Kind::on_off ? "" : setting.placeholder});
    return forms;
  }

  static Rule rule(const std::string& line) {
    server::ParsedRule parsed = server::parse_rule(std::string_view(line));
    if (!parsed) throw UsageError(fmt::format("--rule {}: {}", line, parsed.error));
    return std::move(parsed.value);
  }

  CLI::App& app_;
  CLI::Option* help_;
  CLI::Option* print_conf_;
  CLI::Option* conf_;
  CLI::Option* rules_;
  std::vector<Spelling> spellings_;
};

/// The options of `closelab watch`.
class WatchOptions {
 public:
  explicit WatchOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    for (const WatchFlag& flag : watch_flags()) options_.push_back(add_flag(app, flag));
  }

  Command command() const {
    if (help_->count() > 0) return {.text = watch_help(choose_text_layout(Color::automatic).charset)};
    refuse_unknown(app_, forms_of(watch_flags()), "`closelab watch --help` lists the options");
    Command command{.action = Command::Action::watch};
    for (std::size_t i = 0; i < options_.size(); ++i) set_flag(watch_flags()[i], *options_[i], command.watch);
    return command;
  }

 private:
  CLI::App& app_;
  CLI::Option* help_;
  /// One for each of watch_flags().
  std::vector<CLI::Option*> options_;
};

/// The options of `closelab run`, and the experiments.
class RunOptions {
 public:
  explicit RunOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    for (const RunFlag& flag : run_flags()) options_.push_back(add_flag(app, flag));
  }

  Command command() const {
    if (help_->count() > 0) return {.text = run_help()};
    Command command{.action = Command::Action::run};
    for (const std::string& extra : app_.remaining()) {
      if (extra.starts_with("--"))
        refuse_option(extra, forms_of(run_flags()), "`closelab run --help` lists the options");
      command.run.experiments.push_back(extra);
    }
    for (std::size_t i = 0; i < options_.size(); ++i) set_flag(run_flags()[i], *options_[i], command.run);
    return command;
  }

 private:
  CLI::App& app_;
  CLI::Option* help_;
  /// One for each of run_flags().
  std::vector<CLI::Option*> options_;
};

/// The options of `closelab audit`, and the scenarios. What stands after `--` is the client's and is not looked at.
class AuditOptions {
 public:
  explicit AuditOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    for (const AuditFlag& flag : audit_flags()) options_.push_back(add_flag(app, flag));
  }

  Command command(std::vector<std::string> client) const {
    if (help_->count() > 0) return {.text = audit_help()};
    Command command{.action = Command::Action::audit};
    for (const std::string& extra : app_.remaining()) {
      if (extra.starts_with("--"))
        refuse_option(extra, forms_of(audit_flags()), "`closelab audit --help` lists the options");
      command.audit.scenarios.push_back(extra);
    }
    for (std::size_t i = 0; i < options_.size(); ++i) set_flag(audit_flags()[i], *options_[i], command.audit);
    command.audit.command = std::move(client);
    return command;
  }

 private:
  CLI::App& app_;
  CLI::Option* help_;
  /// One for each of audit_flags().
  std::vector<CLI::Option*> options_;
};

/// Cuts off what stands after `--` where it is an audit's, and returns it: the client's command.
std::vector<std::string> take_client(std::vector<std::string>& arguments) {
  const auto separator = std::ranges::find(arguments, "--");
  if (arguments.empty() || arguments.front() != "audit" || separator == arguments.end()) return {};
  std::vector<std::string> client(separator + 1, arguments.end());
  arguments.erase(separator, arguments.end());
  return client;
}

/// The commands that print a text, each with the words that stand after it.
std::vector<const CLI::App*> add_printed_commands(CLI::App& app) {
  std::vector<const CLI::App*> commands;
  for (const std::string_view name : printed_commands()) {
    CLI::App* command = app.add_subcommand(std::string(name));
    command->set_help_flag();
    command->allow_extras();
    commands.push_back(command);
  }
  return commands;
}

[[noreturn]] void refuse_command(const CLI::App& app) {
  const char* hint = "`closelab serve` starts the server, `closelab help` says more";
  if (app.remaining_size() == 0) throw UsageError(fmt::format("no command is given; {}", hint));
  const std::string word = app.remaining().front();
  throw UsageError(server::unknown_word(
      word.starts_with('-') ? "option" : "command", word,
      {"serve", "watch", "run", "audit", "man", "completions", "help", "version", "--help", "--version"}, hint));
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  const CLI::Option* help_flag = app.add_flag("-h,--help");
  const CLI::Option* version_flag = app.add_flag("-v,-V,--version");
  CLI::App* serve = app.add_subcommand("serve");
  const ServeOptions serve_options(*serve);
  CLI::App* watch = app.add_subcommand("watch");
  const WatchOptions watch_options(*watch);
  CLI::App* run = app.add_subcommand("run");
  const RunOptions run_options(*run);
  CLI::App* audit = app.add_subcommand("audit");
  const AuditOptions audit_options(*audit);
  const std::vector<const CLI::App*> printed = add_printed_commands(app);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::vector<std::string> client = take_client(arguments);
  std::ranges::reverse(arguments);  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (app.remaining_size() > 0) refuse_command(app);
  if (help_flag->count() > 0) return {.text = program_help()};
  if (version_flag->count() > 0) return {.text = version_text()};
  for (const CLI::App* command : printed)
    if (command->parsed()) return {.text = text_of_command(command->get_name(), command->remaining())};
  if (audit->parsed()) return audit_options.command(std::move(client));
  if (run->parsed()) return run_options.command();
  if (watch->parsed()) return watch_options.command();
  if (serve->parsed()) return serve_options.command();
  refuse_command(app);
}

}  // namespace closelab::lab
