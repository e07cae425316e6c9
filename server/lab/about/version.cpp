#include "server/lab/about/version.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "server/lab/about/kernel_features.h"

namespace closelab::lab {

std::string name_and_version() { return fmt::format("closelab {}", build_facts.version); }

std::string version_text() {
  utsname system{};
  ::uname(&system);
  const std::string commit = build_facts.commit.empty() ? "" : fmt::format(" (commit {})", build_facts.commit);
  std::string text = fmt::format("{}{}\nmade with llhttp {}, asio {}, compiler {}\n\nThis machine: {} {} {}\n",
                                 name_and_version(), commit, build_facts.llhttp, build_facts.asio, __VERSION__,
                                 system.sysname, system.release, system.machine);
  for (const KernelFeature& feature : kernel_features()) {
    const std::string found = feature.missing.empty() ? "yes" : fmt::format("no: {}", feature.missing);
    text += fmt::format("  {:<35} {}\n", feature.name, found);
  }
  return text;
}

}  // namespace closelab::lab
