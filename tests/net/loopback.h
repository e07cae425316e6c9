#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/socket/listener.h"
#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"

namespace closelab::net::test {

/// Longer than anything that a test waits for; reached only when it fails.
constexpr std::chrono::milliseconds patience{5000};

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT, POLLRDHUP...).
inline void await(int fd, short events) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  if (::poll(&entry, 1, static_cast<int>(patience.count())) != 1) throw std::runtime_error("nothing came");
}

inline void set_option(int fd, int level, int option, int value) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) throw std::runtime_error("setsockopt failed");
}

/// Waits until at least `bytes` can be read.
inline void await_bytes(int fd, int bytes) {
  set_option(fd, SOL_SOCKET, SO_RCVLOWAT, bytes);
  await(fd, POLLIN);
  set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
}

/// What a client reads until the end: how many bytes, and 0 for EOF or the errno.
struct Received {
  std::size_t bytes = 0;
  int error = 0;
};

/// A blocking TCP client.
class Client {
 public:
  explicit Client(const Endpoint& server, int receive_buffer = 0) {
    const SocketAddress address = to_socket_address(server);
    fd_ = UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) set_option(fd(), SOL_SOCKET, SO_RCVBUF, receive_buffer);
    if (::connect(fd(), address.data(), address.length) != 0) throw std::runtime_error("connect failed");
    const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  int fd() const { return fd_.get(); }
  Endpoint local() const { return local_endpoint(fd()); }

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) throw std::runtime_error("send failed");
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Received receive_to_end() const {
    Received result;
    std::string buffer(64 * 1024, '\0');
    while (true) {
      const ssize_t bytes = ::recv(fd(), buffer.data(), buffer.size(), 0);
      if (bytes < 0) result.error = errno;
      if (bytes <= 0) return result;
      result.bytes += static_cast<std::size_t>(bytes);
    }
  }

  void send_fin() const { ::shutdown(fd(), SHUT_WR); }
  void close() { fd_.reset(); }
  /// close() that sends RST.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

 private:
  UniqueFd fd_;
};

/// The next connection of a listener.
inline Accepted accept_one(const Listener& listener) {
  await(listener.fd(), POLLIN);
  return listener.accept();
}

/// Where a client reaches a listener on this machine: itself, or loopback of `family` when it is a wildcard.
inline Endpoint reachable(const Endpoint& local, const char* loopback) { return *parse_address(loopback, local.port); }

}  // namespace closelab::net::test
