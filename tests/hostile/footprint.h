#pragma once

#include <cstdint>
#include <string>

namespace closelab::hostile {

/// What this process holds.
struct Footprint {
  std::int64_t descriptors = 0;
  std::int64_t threads = 0;
  /// Allocated and not freed, by the account of the allocator, or the sanitizer's.
  std::int64_t bytes = 0;

  static Footprint now();
  Footprint operator-(const Footprint& earlier) const;
  /// `0 descriptors, 0 threads, 1234 bytes`.
  std::string text() const;
};

}  // namespace closelab::hostile
