#include "server/lab/serve/log_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <utility>

#include "server/lab/settings/fixed_limits.h"

namespace closelab::lab {
namespace {

/// Lines are gathered up to this many bytes, so that a busy server does not make a call for each.
constexpr std::size_t batch_bytes = 64 * 1024;
constexpr int poll_ms = 50;

/// A pipe that is writable takes PIPE_BUF bytes without blocking (pipe(7)); a file, whose reader nobody waits for,
/// takes all in one call.
std::size_t most_in_one_write(int fd) {
  struct stat file {};
  const bool is_file = ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  return is_file ? std::numeric_limits<std::size_t>::max() : PIPE_BUF;
}

}  // namespace

Output::Output(int fd, LogFull when_full, std::function<std::string(std::uint64_t)> dropped_notice)
    : fd_(fd),
      when_full_(when_full),
      most_in_one_write_(most_in_one_write(fd)),
      dropped_notice_(std::move(dropped_notice)),
      thread_([this] { run(); }) {}

Output::~Output() { close(); }

void Output::write(Event event) {
  std::unique_lock lock(mutex_);
  if (when_full_ == LogFull::wait)
    room_.wait(lock, [this] { return queue_.size() < most_log_lines || stalled_ || broken_ || closing_; });
  if (broken_ || closing_) return;
  if (queue_.size() >= most_log_lines) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) queue_.push_back([this, count = std::exchange(dropped_, 0)] { return dropped_notice_(count); });
  queue_.push_back(std::move(event));
  wake_.notify_one();
}

void Output::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    give_up_at_ = std::chrono::steady_clock::now() + log_patience;
    wake_.notify_one();
    room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Output::run() {
  std::unique_lock lock(mutex_);
  while (!broken_) {
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::vector<Event> events = std::exchange(queue_, {});
    lock.unlock();
    room_.notify_all();
    write_out(events);
    lock.lock();
  }
}

void Output::write_out(const std::vector<Event>& events) {
  std::string lines;
  for (const Event& event : events) {
    try {
      lines += event();
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex_);
      ++dropped_;
    }
    if (lines.size() < batch_bytes) continue;
    write_out(lines);
    lines.clear();
  }
  write_out(lines);
}

void Output::write_out(std::string_view lines) {
  while (!lines.empty()) {
    if (!wait_writable()) break;
    const ssize_t written = ::write(fd_, lines.data(), std::min(lines.size(), most_in_one_write_));
    if (written > 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
      set_stalled(false);
    }
    if (written < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  if (lines.empty()) return;
  const std::lock_guard lock(mutex_);
  broken_ = true;
  queue_.clear();
  room_.notify_all();
}

/// False when it is time to give up: the output is being closed, and its reader is too slow.
bool Output::wait_writable() {
  pollfd entry{.fd = fd_, .events = POLLOUT, .revents = 0};
  for (int waited_ms = 0;; waited_ms += poll_ms) {
    const bool writable = ::poll(&entry, 1, poll_ms) > 0;
    if (!writable && waited_ms >= log_patience.count()) set_stalled(true);
    const std::lock_guard lock(mutex_);
    if (closing_ && std::chrono::steady_clock::now() >= give_up_at_) return false;
    if (writable) return true;
  }
}

void Output::set_stalled(bool stalled) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stalled_, stalled) == stalled) return;
  }
  room_.notify_all();
}

}  // namespace closelab::lab
