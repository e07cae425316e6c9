#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace closelab::hostile {

/// Calls `work` with 0 to `count` - 1, on some threads at the same time. `work` must not throw.
template <class Work>
void in_parallel(std::size_t count, Work work, std::size_t threads = 8) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (std::size_t index = next++; index < count; index = next++) work(index);
    });
  }
}

}  // namespace closelab::hostile
