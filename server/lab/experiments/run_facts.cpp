#include "server/lab/experiments/run_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>

#include "server/lab/settings/help.h"

namespace closelab::lab {

RunFacts run_facts() {
  utsname system{};
  ::uname(&system);
  std::string program = version_text();
  program.erase(program.find_last_not_of('\n') + 1);
  return {.program = std::move(program),
          .kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine),
          .started = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))};
}

}  // namespace closelab::lab
