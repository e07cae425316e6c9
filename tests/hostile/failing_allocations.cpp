#include "tests/hostile/failing_allocations.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>

#include "tests/hostile/system_calls.h"

namespace closelab::hostile {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Allocations before the next failure; 0 and less: they fail, down to minus `most_failures`.
std::atomic<std::int64_t> before_failure = never;
std::atomic<std::int64_t> most_failures = 0;

std::atomic<std::int64_t> pieces = 0;

bool fails_now() {
  if (before_failure.load(std::memory_order_relaxed) == never || is_spared()) return false;
  const std::int64_t before = before_failure--;
  return before <= 0 && before > -most_failures;
}

void* allocate(std::size_t size) {
  void* const memory = fails_now() ? nullptr : std::malloc(size);
  if (memory != nullptr) pieces.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void give_back(void* memory) {
  if (memory != nullptr) pieces.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

FailingAllocation::FailingAllocation(std::size_t n, std::size_t times) {
  most_failures = static_cast<std::int64_t>(times);
  before_failure = static_cast<std::int64_t>(n) - 1;
}

FailingAllocation::~FailingAllocation() { before_failure = never; }

bool FailingAllocation::has_failed() const { return before_failure < 0; }

std::int64_t pieces_in_use() { return pieces; }

}  // namespace closelab::hostile

[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return closelab::hostile::allocate(size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = ::operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { closelab::hostile::give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { closelab::hostile::give_back(memory); }
