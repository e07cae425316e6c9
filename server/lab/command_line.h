#pragma once

#include <cstdint>
#include <string>

#include "server/lab/audit/audit_settings.h"
#include "server/lab/experiments/settings.h"
#include "server/lab/settings/settings.h"
#include "server/lab/watch/settings.h"

namespace closelab::lab {

/// What the command line asks for.
struct Command {
  enum class Action : std::uint8_t { show, serve, print_conf, watch, run, audit };
  Action action = Action::show;
  /// For `show`: help or version, as it is to be printed.
  std::string text{};
  /// For `serve` and `print_conf`: the defaults, under the conf file, under the flags.
  Settings settings{};
  WatchSettings watch{};
  RunSettings run{};
  AuditSettings audit{};
};

/// Throws UsageError that names the argument, what is wrong with it and what was probably meant.
Command parse_command_line(int argc, const char* const* argv);

}  // namespace closelab::lab
