#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "net/kernel/observer.h"
#include "tests/net/loopback.h"

namespace closelab::net::test {

/// One call of an observer's callback.
struct Report {
  EndedConnection connection;
  Verdict verdict;
  Progress progress = Progress::transitional;
};

/// Collects what an observer reports; a test waits for the next report.
class Reports {
 public:
  Observer::Callback callback() {
    return [this](const EndedConnection& connection, const Verdict& verdict, Progress progress) {
      const std::lock_guard lock(mutex_);
      reports_.push_back({connection, verdict, progress});
      changed_.notify_one();
    };
  }

  Report next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !reports_.empty(); })) throw std::runtime_error("no report");
    Report report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }

  /// Passes over the transitional reports.
  Report settled() {
    while (true) {
      Report report = next();
      if (report.progress == Progress::settled) return report;
    }
  }

  bool empty() {
    const std::lock_guard lock(mutex_);
    return reports_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Report> reports_;
};

/// The first fact of a kind, or null.
template <class What>
const What* find(const EndedConnection& connection) {
  return closelab::find<What>(connection.evidence);
}

}  // namespace closelab::net::test
