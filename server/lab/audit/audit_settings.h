#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Everything `closelab audit` can be told.
struct AuditSettings {
  /// Files, or names of the scenarios that come with closelab; empty: all of these.
  std::vector<std::string> scenarios{};
  /// What stands after `--`: the client's command, to which a URL is appended; arguments of a driver, a proxy or a
  /// browser.
  std::vector<std::string> command{};
  /// The driver's file, a proxy's template, or a browser's program; empty: none.
  std::string driver{};
  std::string proxy{};
  std::string browser{};
  bool list = false;
  /// Whether a failed SHOULD counts as a failed MUST does.
  bool strict = false;
  LogFormat format = LogFormat::text;
  Color color = Color::automatic;
  unsigned jobs = 4;
  unsigned repeat = 1;
  bool in_private_network = true;
  /// Files; empty: none.
  std::string expected{};
  std::string write_expected{};
  std::string junit{};
  std::string report{};
};

/// One flag of `closelab audit`.
struct AuditFlag {
  /// `--strict`.
  std::string_view name;
  /// What stands for the value in help; empty: it takes none.
  std::string_view placeholder;
  std::string_view help;
  /// Reads the value into the settings; returns what is wrong with the text, empty when nothing is.
  std::function<std::string(AuditSettings&, std::string_view)> set;
};

/// The one list from which the flags and their help are made.
const std::vector<AuditFlag>& audit_flags();

/// `closelab audit --help`.
std::string audit_help();

}  // namespace closelab::lab
