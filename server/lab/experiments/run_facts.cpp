#include "server/lab/experiments/run_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>

#include "server/lab/about/version.h"

namespace closelab::lab {

RunFacts run_facts() {
  utsname system{};
  ::uname(&system);
  return {.program = name_and_version(),
          .kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine),
          .started = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))};
}

}  // namespace closelab::lab
