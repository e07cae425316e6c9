#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/tcp_table.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Everything `closelab watch` can be told.
struct WatchSettings {
  enum class Repeat : std::uint8_t { until_stopped, once };

  /// Its states say which are counted and listed; empty: all but LISTEN are counted, and TIME_WAIT is listed.
  TcpFilter filter{};
  Repeat repeat = Repeat::until_stopped;
  std::chrono::milliseconds interval{1000};
  LogFormat format = LogFormat::text;
};

/// One flag of `closelab watch`.
struct WatchFlag {
  /// `--port`.
  std::string_view name;
  /// What stands for the value in help; empty: it takes none, and is set with `true`.
  std::string_view placeholder;
  std::string_view help;
  /// Reads the value into the settings; returns what is wrong with the text, empty when nothing is. A flag that is
  /// given again overrides, or adds, as its help says.
  std::function<std::string(WatchSettings&, std::string_view)> set;
};

/// The one list from which the flags and their help are made.
const std::vector<WatchFlag>& watch_flags();

}  // namespace closelab::lab
