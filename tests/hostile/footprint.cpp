#include "tests/hostile/footprint.h"

#include <malloc.h>

#include <cstddef>
#include <filesystem>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// GCC comes without sanitizer/allocator_interface.h.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace closelab::hostile {
namespace {

std::int64_t entries_of(const char* folder) {
  const std::filesystem::directory_iterator all(folder);
  return std::distance(begin(all), end(all));
}

std::int64_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
#else
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
#endif
}

}  // namespace

/// The folder that is read has a descriptor itself, always.
Footprint Footprint::now() { return {entries_of("/proc/self/fd"), entries_of("/proc/self/task"), allocated_bytes()}; }

Footprint Footprint::operator-(const Footprint& earlier) const {
  return {descriptors - earlier.descriptors, threads - earlier.threads, bytes - earlier.bytes};
}

std::string Footprint::text() const {
  return std::to_string(descriptors) + " descriptors, " + std::to_string(threads) + " threads, " +
         std::to_string(bytes) + " bytes";
}

}  // namespace closelab::hostile
