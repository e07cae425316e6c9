#include "server/lab/admin/command_thread.h"

#include <exception>
#include <utility>

namespace closelab::lab {
namespace {

void carry_out(const CommandThread::Command& command) {
  try {
    command();
  } catch (const std::exception&) {
    // Its Responder goes with it, unanswered: 500.
  }
}

}  // namespace

CommandThread::CommandThread() : thread_([this] { run(); }) {}

CommandThread::~CommandThread() { stop(); }

void CommandThread::post(Command command) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(command));
  wake_.notify_one();
}

void CommandThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void CommandThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto commands = std::exchange(queue_, {});
    lock.unlock();
    for (const Command& command : commands) carry_out(command);
    lock.lock();
  }
}

}  // namespace closelab::lab
