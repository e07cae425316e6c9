#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Everything `closelab run` can be told.
struct RunSettings {
  enum class Show : std::uint8_t { report, list, claims };

  /// Files, or names of the experiments that come with closelab; empty: all of these.
  std::vector<std::string> experiments{};
  Show show = Show::report;
  LogFormat format = LogFormat::text;
  Color color = Color::automatic;
  bool slow = false;
  unsigned jobs = 2;
  bool in_private_network = true;
  /// Empty, or the HTML file into which everything goes.
  std::string report_file{};
  /// Empty, or where to save the captures.
  std::string pcap_directory{};
};

/// One flag of `closelab run`.
struct RunFlag {
  /// `--slow`.
  std::string_view name;
  /// What stands for the value in help; empty: it takes none.
  std::string_view placeholder;
  std::string_view help;
  /// Reads the value into the settings; returns what is wrong with the text, empty when nothing is.
  std::function<std::string(RunSettings&, std::string_view)> set;
};

/// The one list from which the flags and their help are made.
const std::vector<RunFlag>& run_flags();

/// `closelab run --help`.
std::string run_help();

}  // namespace closelab::lab
