#pragma once

#include <cstddef>
#include <cstdint>

namespace closelab::hostile {

/// While in scope, the `n`-th call of operator new on a thread that is not Spared throws std::bad_alloc, and so do the
/// next ones, `times` in all.
class FailingAllocation {
 public:
  FailingAllocation(std::size_t n, std::size_t times);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  /// Has it come to that?
  bool has_failed() const;
};

/// How many pieces of memory this process has from operator new, now.
std::int64_t pieces_in_use();

}  // namespace closelab::hostile
