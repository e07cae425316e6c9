#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

namespace closelab::server {

/// What a server holds for its clients, over all connections: requests that are not complete or not answered, and
/// answers that are not with the kernel yet.
class HeldBytes {
 public:
  explicit HeldBytes(std::optional<std::uint64_t> most)
      : most_(most.value_or(std::numeric_limits<std::uint64_t>::max())) {}

  /// A connection that was counted with `before` holds `now`.
  void change(std::uint64_t before, std::uint64_t now) {
    if (before != now) total_ += now - before;
  }
  /// May a connection that was counted with `before` hold `now`?
  bool has_room(std::uint64_t before, std::uint64_t now) const { return total_ - before + now <= most_; }

 private:
  const std::uint64_t most_;
  std::atomic<std::uint64_t> total_{0};
};

}  // namespace closelab::server
