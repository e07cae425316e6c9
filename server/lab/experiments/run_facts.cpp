#include "server/lab/experiments/run_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>

#include "server/lab/about/version.h"

namespace closelab::lab {

std::string_view kernel_version(std::string_view release) {
  const std::string_view numbers = release.substr(0, release.find_first_not_of("0123456789."));
  std::size_t end = numbers.find('.');
  if (end != std::string_view::npos) end = numbers.find('.', end + 1);
  if (end != std::string_view::npos) end = numbers.find('.', end + 1);
  return numbers.substr(0, end);
}

RunFacts run_facts() {
  utsname system{};
  ::uname(&system);
  return {.program = name_and_version(),
          .kernel = fmt::format("{} {} {}", system.sysname, kernel_version(system.release), system.machine),
          .started = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))};
}

}  // namespace closelab::lab
