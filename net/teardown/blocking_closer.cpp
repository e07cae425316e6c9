#include "net/teardown/blocking_closer.h"

#include <exception>
#include <utility>

namespace closelab::net {

void BlockingCloser::submit(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  jobs_.push_back(std::move(job));
  if (has_thread()) return changed_.notify_one();
  const std::function<void()> mine = std::move(jobs_.back());
  jobs_.pop_back();
  lock.unlock();
  mine();
}

bool BlockingCloser::has_thread() {
  if (idle_ >= jobs_.size() || threads_.size() == max_threads) return true;
  try {
    threads_.reserve(max_threads);
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
    // The machine has no more threads, or no memory for one.
  }
  return !threads_.empty();
}

void BlockingCloser::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void BlockingCloser::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return finishing_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace closelab::net
