#include "server/lab/audit/interruption.h"

#include "server/lab/audit/child.h"

namespace closelab::lab {

Interruption::Interruption() : thread_([this] { wait(); }) {}

Interruption::~Interruption() { stop_signal_.finished(); }

void Interruption::wait() {
  std::string signal = stop_signal_.wait();
  if (signal.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    signal_ = std::move(signal);
  }
  Child::end_all();
}

std::string Interruption::signal() const {
  const std::scoped_lock lock(mutex_);
  return signal_;
}

}  // namespace closelab::lab
