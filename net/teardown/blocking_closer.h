#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace closelab::net {

/// Runs jobs that block: close() under a timed SO_LINGER waits up to that long, even on a non-blocking socket, and
/// would hold up every connection of its reactor. Threads are started as needed, up to `max_threads`; when not even one
/// can be, a job runs where it is submitted.
class BlockingCloser {
 public:
  BlockingCloser() = default;
  ~BlockingCloser() { finish(); }
  BlockingCloser(const BlockingCloser&) = delete;
  BlockingCloser& operator=(const BlockingCloser&) = delete;

  void submit(std::function<void()> job);
  /// Waits for every job that was submitted.
  void finish();

 private:
  static constexpr std::size_t max_threads = 32;
  void work();
  /// Is there a thread that will do what has been submitted?
  bool has_thread();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool finishing_ = false;
};

}  // namespace closelab::net
