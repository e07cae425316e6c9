#pragma once

#include <string>
#include <string_view>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// The settings of a conf file over those given. Throws UsageError that lists everything wrong with the
/// text, each as `FILE:LINE:COLUMN: what`; the settings are taken all or none.
Settings parse_conf(std::string_view toml, const std::string& file, Settings settings);

/// The same, read from the file.
Settings read_conf(const std::string& file, Settings settings);

/// The settings as a conf file that sets every key, with the help as comments.
std::string format_conf(const Settings& settings);

}  // namespace closelab::lab
