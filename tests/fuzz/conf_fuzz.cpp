// A conf file: what is read can be printed, and what is printed is read as the same settings.

#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/usage_error.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {

void try_input(std::string_view input) {
  using namespace lab;
  Settings settings;
  try {
    settings = parse_conf(input, "lab.toml", {});
  } catch (const UsageError& error) {
    return expect_error_text(error.what());
  }
  const std::string printed = format_conf(settings);
  const Settings again = parse_conf(printed, "printed.toml", {});
  expect(again.options.rules == settings.options.rules, "rules that are printed are read as the same rules");
  expect(format_conf(again) == printed, "settings that are printed are read as the same settings");
}

}  // namespace closelab::fuzz
