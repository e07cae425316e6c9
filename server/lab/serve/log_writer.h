#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Formats events and writes them to a file descriptor, on a thread of its own, so that neither the formatting nor a
/// terminal that is paused or a pipe that nobody reads holds up the server for long. When the reader is gone, events
/// are dropped silently; when it reads nothing for a second, or is too slow for LogFull::drop, they are dropped and
/// counted.
class Output {
 public:
  /// `dropped_notice` makes the line that says how many were dropped.
  Output(int fd, LogFull when_full, std::function<std::string(std::uint64_t)> dropped_notice);
  /// Calls close().
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// An event: called once, on the output's thread, for its lines.
  using Event = std::function<std::string()>;

  /// Queues an event. With LogFull::wait it waits for room in the queue, while the reader reads.
  void write(Event event);
  /// Writes what is queued, for a second at most; then ends.
  void close();

 private:
  void run();
  void write_out(const std::vector<Event>& events);
  void write_out(std::string_view lines);
  bool wait_writable();
  void set_stalled(bool stalled);

  const int fd_;
  const LogFull when_full_;
  const std::size_t most_in_one_write_;
  const std::function<std::string(std::uint64_t)> dropped_notice_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::vector<Event> queue_;
  std::uint64_t dropped_ = 0;
  bool closing_ = false;
  bool broken_ = false;
  /// The reader has read nothing for a second.
  bool stalled_ = false;
  std::chrono::steady_clock::time_point give_up_at_{};
  std::thread thread_;
};

}  // namespace closelab::lab
