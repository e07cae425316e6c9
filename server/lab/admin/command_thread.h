#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace closelab::lab {

/// Gives the lab's server its commands, one after the other, on a thread of its own, where they hold when they return:
/// on a reactor's thread, such as the admin port's, Server only leaves them with its reactors.
class CommandThread {
 public:
  CommandThread();
  /// Calls stop().
  ~CommandThread();
  CommandThread(const CommandThread&) = delete;
  CommandThread& operator=(const CommandThread&) = delete;

  /// A command; what it throws is lost, and whoever it was to answer is told so (Responder).
  using Command = std::function<void()>;
  void post(Command command);
  /// Carries out what was posted; then ends.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Command> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace closelab::lab
