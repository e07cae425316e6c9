#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace closelab::lab {

/// Something that the program asks of the kernel.
struct KernelFeature {
  /// What it is for, and what it is: `packets (CAP_NET_RAW)`.
  std::string_view name;
  /// Empty when it is there; else why not.
  std::string missing;
};

/// Tries each of them, here and now: a container or a security module may forbid what the kernel can do.
std::vector<KernelFeature> kernel_features();

}  // namespace closelab::lab
