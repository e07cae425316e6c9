#pragma once

#include <chrono>
#include <memory>
#include <new>
#include <thread>

namespace closelab::net {

/// Does what has to be done although there is no memory for it: again, until there is. `act` must be such that it can
/// be begun anew after it has thrown std::bad_alloc.
template <class Act>
auto insist(const Act& act) {
  while (true) {
    try {
      return act();
    } catch (const std::bad_alloc&) {
      // Other threads free some, or the machine does.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

/// Memory that is kept for the end of what has run out of it. It is not touched, and so takes address space alone.
class MemoryReserve {
 public:
  static constexpr std::size_t bytes = 256 * 1024;

  MemoryReserve() { refill(); }

  void release() { kept_.reset(); }
  /// Nothing happens where there is none to be had.
  void refill() noexcept {
    if (kept_ == nullptr) kept_.reset(new (std::nothrow) char[bytes]);
  }

 private:
  std::unique_ptr<char[]> kept_;
};

}  // namespace closelab::net
