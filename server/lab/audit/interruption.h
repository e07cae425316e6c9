#pragma once

#include <mutex>
#include <string>
#include <thread>

#include "server/lab/serve/stop_signal.h"

namespace closelab::lab {

/// What Ctrl-C, SIGTERM and SIGHUP do to an audit: they end its clients, so that nobody waits for them any longer and
/// what was made for them is cleaned up. Make it before the first thread starts.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// `SIGINT`; empty while none has come.
  std::string signal() const;

 private:
  void wait();

  StopSignal stop_signal_;
  mutable std::mutex mutex_;
  std::string signal_;
  std::jthread thread_;
};

}  // namespace closelab::lab
