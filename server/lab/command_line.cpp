#include "server/lab/command_line.h"

#include <fmt/format.h>

// One translation unit includes CLI11: it is large.
#include <CLI/CLI.hpp>
#include <utility>

#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/help.h"
#include "server/lab/settings/usage_error.h"
#include "server/rules/rule_text.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

void refuse_unknown(const CLI::App& app, const std::vector<std::string_view>& known, std::string_view hint) {
  if (app.remaining_size() == 0) return;
  const std::string extra = app.remaining().front();
  if (!extra.starts_with("--")) throw UsageError(fmt::format("unexpected argument \"{}\"", extra));
  throw UsageError(server::unknown_word("option", extra.substr(0, extra.find('=')), known, hint));
}

/// The options of `closelab serve`: one for each setting, and those that are not settings.
class ServeOptions {
 public:
  explicit ServeOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    print_conf_ = app.add_flag("--print-conf");
    conf_ = app.add_option("--conf")->take_last();
    rules_ = app.add_option("--rule")->take_all();
    for (const Setting& setting : schema()) settings_.emplace_back(&setting, add(setting));
  }

  Command command() const {
    if (help_->count() > 0) return {.text = serve_help()};
    refuse_extras();
    Settings settings;
    if (conf_->count() > 0) settings = read_conf(conf_->results().back(), settings);
    for (const auto& [setting, option] : settings_) {
      const std::string error = option->count() > 0 ? setting->set(settings, option->results().back()) : "";
      if (!error.empty()) throw UsageError(fmt::format("{}: {}", flag_name(*setting), error));
    }
    for (const std::string& line : rules_->results()) settings.options.rules.push_back(rule(line));
    return {.action = print_conf_->count() > 0 ? Command::Action::print_conf : Command::Action::serve,
            .settings = std::move(settings)};
  }

 private:
  /// A switch takes no word after it: `--verdicts`, `--no-verdicts` or `--verdicts=off`.
  CLI::Option* add(const Setting& setting) {
    const std::string flag = flag_name(setting);
    if (setting.kind != Kind::on_off) return app_.add_option(flag)->take_last();
    return app_.add_flag(fmt::format("{},!--no-{}", flag, flag.substr(2)))->take_last();
  }

  void refuse_extras() const {
    std::vector<std::string> names{"--conf", "--rule", "--print-conf", "--help"};
    for (const Setting& setting : schema()) names.push_back(flag_name(setting));
    refuse_unknown(app_, {names.begin(), names.end()}, "`closelab serve --help` lists the options");
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
  std::vector<std::pair<const Setting*, CLI::Option*>> settings_;
};

/// The options of `closelab watch`.
class WatchOptions {
 public:
  explicit WatchOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    for (const WatchFlag& flag : watch_flags()) flags_.emplace_back(&flag, add(flag));
  }

  Command command() const {
    if (help_->count() > 0) return {.text = watch_help()};
    std::vector<std::string_view> names{"--help"};
    for (const auto& [flag, option] : flags_) names.push_back(flag->name);
    refuse_unknown(app_, names, "`closelab watch --help` lists the options");
    Command command{.action = Command::Action::watch};
    for (const auto& [flag, option] : flags_)
      for (const std::string& value : option->results()) set(*flag, command.watch, value);
    return command;
  }

 private:
  CLI::Option* add(const WatchFlag& flag) {
    const std::string name(flag.name);
    return flag.placeholder.empty() ? app_.add_flag(name) : app_.add_option(name)->take_all();
  }

  static void set(const WatchFlag& flag, WatchSettings& settings, const std::string& value) {
    const std::string error = flag.set(settings, value);
    if (!error.empty()) throw UsageError(fmt::format("{}: {}", flag.name, error));
  }

  CLI::App& app_;
  CLI::Option* help_;
  std::vector<std::pair<const WatchFlag*, CLI::Option*>> flags_;
};

/// The options of `closelab run`, and the experiments.
class RunOptions {
 public:
  explicit RunOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    for (const RunFlag& flag : run_flags()) flags_.emplace_back(&flag, add(flag));
  }

  Command command() const {
    if (help_->count() > 0) return {.text = run_help()};
    Command command{.action = Command::Action::run};
    std::vector<std::string_view> names{"--help"};
    for (const auto& [flag, option] : flags_) names.push_back(flag->name);
    for (const std::string& extra : app_.remaining()) {
      if (extra.starts_with("--"))
        throw UsageError(server::unknown_word("option", extra, names, "`closelab run --help` lists the options"));
      command.run.experiments.push_back(extra);
    }
    for (const auto& [flag, option] : flags_) {
      const std::string error = option->count() > 0 ? flag->set(command.run, option->results().back()) : "";
      if (!error.empty()) throw UsageError(fmt::format("{}: {}", flag->name, error));
    }
    return command;
  }

 private:
  CLI::Option* add(const RunFlag& flag) {
    const std::string name(flag.name);
    return flag.placeholder.empty() ? app_.add_flag(name) : app_.add_option(name)->take_last();
  }

  CLI::App& app_;
  CLI::Option* help_;
  std::vector<std::pair<const RunFlag*, CLI::Option*>> flags_;
};

[[noreturn]] void refuse_command(const CLI::App& app) {
  const char* hint = "`closelab serve` starts the server, `closelab --help` says more";
  if (app.remaining_size() == 0) throw UsageError(fmt::format("no command is given; {}", hint));
  throw UsageError(fmt::format("unknown command \"{}\"; {}", app.remaining().front(), hint));
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  const CLI::Option* help = app.add_flag("-h,--help");
  const CLI::Option* version = app.add_flag("-V,--version");
  CLI::App* serve = app.add_subcommand("serve");
  const ServeOptions serve_options(*serve);
  CLI::App* watch = app.add_subcommand("watch");
  const WatchOptions watch_options(*watch);
  CLI::App* run = app.add_subcommand("run");
  const RunOptions run_options(*run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (help->count() > 0) return {.text = program_help()};
  if (version->count() > 0) return {.text = version_text()};
  if (app.remaining_size() > 0) refuse_command(app);
  if (run->parsed()) return run_options.command();
  if (watch->parsed()) return watch_options.command();
  if (serve->parsed()) return serve_options.command();
  refuse_command(app);
}

}  // namespace closelab::lab
