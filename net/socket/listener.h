#pragma once

#include <cstdint>
#include <system_error>

#include "closelab/endpoint.h"
#include "closelab/listen_error.h"
#include "closelab/socket_options.h"
#include "net/socket/unique_fd.h"

namespace closelab::net {

enum class AcceptOutcome : std::uint8_t {
  accepted,
  empty,      ///< nobody waits
  retry,      ///< that connection died before it was accepted; the next may be fine
  exhausted,  ///< no descriptor or memory left (EMFILE, ENFILE, ENOBUFS, ENOMEM): pause, then try again
};

/// What accept4() returned for `error` (0: a connection).
AcceptOutcome classify_accept_error(int error);

struct Accepted {
  AcceptOutcome outcome = AcceptOutcome::empty;
  /// Non-blocking; the caller's to close, by net/teardown.
  int fd = -1;
  Endpoint local;
  Endpoint remote;
  int error = 0;
};

/// A listening socket, non-blocking.
class Listener {
 public:
  /// Binds and listens; throws ListenError.
  Listener(const ListenOptions& options, const SocketOptions& connection_options);

  Accepted accept() const;
  int fd() const { return fd_.get(); }
  const Endpoint& local() const { return local_; }
  /// Nothing listens any more, and the kernel resets connections that nobody accepted. The port stays bound.
  std::error_code stop_listening() const;
  /// Also when it listens already: the accept queue gets that length.
  std::error_code listen_again(int backlog) const;
  /// Closes the socket: the kernel resets connections that nobody accepted.
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
  Endpoint local_;
  bool wildcard_ = false;
};

}  // namespace closelab::net
