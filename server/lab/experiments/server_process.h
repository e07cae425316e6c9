#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "net/socket/unique_fd.h"
#include "net/testbed/network.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// The lab's server of a play, in a process of its own so that it can be killed. Whoever uses it has no threads.
class ServerProcess {
 public:
  /// Where it is to listen, once started; no host: where its maker is.
  ServerProcess(Settings settings, const testbed::Host* host) : settings_(std::move(settings)), host_(host) {}
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  bool is_running() const { return pid_ > 0; }
  /// `ok`, or the name of the errno for which it can't listen.
  std::string start();
  /// `stop`, `hold_close`, `release`, `close_idle`: returns when it is done.
  void tell(std::string_view command);
  /// Returns when the process is gone.
  void end_by(int signal);

 private:
  [[noreturn]] void run(int control) const;
  void end_and_wait(int signal) noexcept;

  const Settings settings_;
  const testbed::Host* host_;
  net::UniqueFd control_;
  pid_t pid_ = -1;
};

}  // namespace closelab::lab
