#pragma once

#include <string>
#include <string_view>

namespace closelab::lab {

/// The version of a kernel's release, without what its vendor added: `6.1.0` of `6.1.0-18-amd64`.
std::string_view kernel_version(std::string_view release);

/// Where and when experiments were played, for a report.
struct RunFacts {
  /// `closelab 0.2.0`.
  std::string program{};
  /// `Linux 6.1.0 x86_64`.
  std::string kernel{};
  /// `2024-05-17 13:06 UTC`.
  std::string started{};
};

/// Those of this machine, now.
RunFacts run_facts();

}  // namespace closelab::lab
