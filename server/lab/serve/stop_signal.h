#pragma once

#include <string>

#include "net/socket/unique_fd.h"

namespace closelab::lab {

/// SIGINT, SIGTERM and SIGHUP, the end of the terminal, as something to wait for. Make it before the first thread
/// starts: threads inherit the mask that keeps the signals from killing the process. Who ignores SIGHUP (nohup(1)) goes
/// on ignoring it.
class StopSignal {
 public:
  StopSignal();

  /// Waits for a signal and returns its name (`SIGINT`), or for finished() and returns an empty string.
  std::string wait();
  /// Ends the wait; may be called from any thread.
  void finished();

 private:
  net::UniqueFd signals_;
  net::UniqueFd finished_;
};

}  // namespace closelab::lab
