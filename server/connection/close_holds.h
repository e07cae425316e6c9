#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>

namespace closelab::server {

/// Which connections our side must not close for now (Server::hold_close()).
class CloseHolds {
 public:
  void hold_all() {
    const std::lock_guard lock(mutex_);
    all_ = any_ = true;
  }

  void hold(std::uint64_t connection_id) {
    const std::lock_guard lock(mutex_);
    held_.insert(connection_id);
    any_ = true;
  }

  void release_all() {
    const std::lock_guard lock(mutex_);
    held_.clear();
    all_ = any_ = false;
  }

  void release(std::uint64_t connection_id) {
    const std::lock_guard lock(mutex_);
    held_.erase(connection_id);
    any_ = all_ || !held_.empty();
  }

  bool is_held(std::uint64_t connection_id) const {
    if (!any_) return false;
    const std::lock_guard lock(mutex_);
    return all_ || held_.contains(connection_id);
  }

 private:
  mutable std::mutex mutex_;
  /// One load while nothing is held.
  std::atomic<bool> any_ = false;
  bool all_ = false;
  std::set<std::uint64_t> held_;
};

}  // namespace closelab::server
