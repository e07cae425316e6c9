#include "server/lab/command_line.h"

#include <fmt/format.h>

// One translation unit includes CLI11: it is large.
#include <CLI/CLI.hpp>
#include <utility>

#include "server/lab/conf_file.h"
#include "server/lab/help.h"
#include "server/lab/nearest.h"
#include "server/lab/usage_error.h"

namespace closelab::lab {
namespace {

/// The options of `closelab serve`: one for each setting, and those that are not settings.
class ServeOptions {
 public:
  explicit ServeOptions(CLI::App& app) : app_(app) {
    app.set_help_flag();
    app.allow_extras();
    help_ = app.add_flag("-h,--help");
    print_conf_ = app.add_flag("--print-conf");
    conf_ = app.add_option("--conf")->take_last();
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
    if (app_.remaining_size() == 0) return;
    const std::string extra = app_.remaining().front();
    if (!extra.starts_with("--")) throw UsageError(fmt::format("unexpected argument \"{}\"", extra));
    std::vector<std::string> names{"--conf", "--print-conf", "--help"};
    for (const Setting& setting : schema()) names.push_back(flag_name(setting));
    const std::string_view meant = nearest(extra.substr(0, extra.find('=')), {names.begin(), names.end()});
    if (meant.empty())
      throw UsageError(fmt::format("unknown option \"{}\"; `closelab serve --help` lists the options", extra));
    throw UsageError(fmt::format("unknown option \"{}\"; did you mean \"{}\"?", extra, meant));
  }

  CLI::App& app_;
  CLI::Option* help_;
  CLI::Option* print_conf_;
  CLI::Option* conf_;
  std::vector<std::pair<const Setting*, CLI::Option*>> settings_;
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
  const CLI::Option* help = app.add_flag("-h,--help");
  const CLI::Option* version = app.add_flag("-V,--version");
  CLI::App* serve = app.add_subcommand("serve");
  const ServeOptions serve_options(*serve);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (help->count() > 0) return {.text = program_help()};
  if (version->count() > 0) return {.text = version_text()};
  if (!serve->parsed() || app.remaining_size() > 0) refuse_command(app);
  return serve_options.command();
}

}  // namespace closelab::lab
