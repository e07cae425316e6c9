#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "closelab/endpoint.h"
#include "net/socket/unique_fd.h"

namespace closelab::testbed {

/// Waits until the descriptor has one of the poll(2) events; false when it took too long.
using Wait = std::function<bool(int fd, short events)>;

/// The error of a call that waited in vain.
constexpr int waited_in_vain = -1;

/// A TCP socket of an experiment: every call of the sockets API that can end a connection, at the moment of the
/// caller's choice. Calls return 0, an errno, or waited_in_vain. It belongs to the network namespace in which open()
/// was called.
class Socket {
 public:
  Socket() = default;
  explicit Socket(net::UniqueFd fd) : fd_(std::move(fd)) {}

  int open();
  int fd() const { return fd_.get(); }
  bool is_open() const { return static_cast<bool>(fd_); }
  Endpoint local() const;
  Endpoint remote() const;

  /// setsockopt(2) with an int.
  int set(int level, int option, int value);
  /// SO_LINGER.
  int set_linger(std::chrono::seconds time);
  int bind(const Endpoint& endpoint);
  int listen();
  int connect(const Endpoint& endpoint, const Wait& wait);
  int accept(Socket& listener, const Wait& wait);

  int send(std::string_view bytes, const Wait& wait);
  struct Received {
    std::size_t bytes = 0;
    int error = 0;
    bool is_end() const { return bytes == 0 && error == 0; }
  };
  Received receive(std::span<char> buffer, const Wait& wait);

  int shutdown_write();
  int close();
  /// close() that sends RST: SO_LINGER{1,0}.
  int abort();

 private:
  net::UniqueFd fd_;
};

}  // namespace closelab::testbed
