#include "net/testbed/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/socket/socket_address.h"

namespace closelab::testbed {
namespace {

constexpr int backlog = 128;

int result_of(int call) { return call == 0 ? 0 : errno; }

}  // namespace

int Socket::open() {
  fd_ = net::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return fd_ ? 0 : errno;
}

Endpoint Socket::local() const { return net::local_endpoint(fd()); }

Endpoint Socket::remote() const {
  net::SocketAddress address;
  if (::getpeername(fd(), address.data(), &address.length) != 0) return {};
  return net::to_endpoint(address);
}

int Socket::set(int level, int option, int value) {
  return result_of(::setsockopt(fd(), level, option, &value, sizeof value));
}

int Socket::set_linger(std::chrono::seconds time) {
  const linger value{.l_onoff = 1, .l_linger = static_cast<int>(time.count())};
  return result_of(::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

int Socket::bind(const Endpoint& endpoint) {
  const net::SocketAddress address = net::to_socket_address(endpoint);
  return result_of(::bind(fd(), address.data(), address.length));
}

int Socket::listen() { return result_of(::listen(fd(), backlog)); }

int Socket::connect(const Endpoint& endpoint, const Wait& wait) {
  const net::SocketAddress address = net::to_socket_address(endpoint);
  const int error = result_of(::connect(fd(), address.data(), address.length));
  if (error != EINPROGRESS) return error;
  if (!wait(fd(), POLLOUT)) return waited_in_vain;
  int outcome = 0;
  socklen_t size = sizeof outcome;
  ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &outcome, &size);
  return outcome;
}

int Socket::accept(Socket& listener, const Wait& wait) {
  while (true) {
    fd_ = net::UniqueFd(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd_) return 0;
    if (errno != EAGAIN) return errno;
    if (!wait(listener.fd(), POLLIN)) return waited_in_vain;
  }
}

int Socket::send(std::string_view bytes, const Wait& wait) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN) {
      return errno;
    } else if (!wait(fd(), POLLOUT)) {
      return waited_in_vain;
    }
  }
  return 0;
}

Socket::Received Socket::receive(std::span<char> buffer, const Wait& wait) {
  while (true) {
    const ssize_t size = ::recv(fd(), buffer.data(), buffer.size(), 0);
    if (size >= 0) return {.bytes = static_cast<std::size_t>(size)};
    if (errno != EAGAIN) return {.error = errno};
    if (!wait(fd(), POLLIN)) return {.error = waited_in_vain};
  }
}

int Socket::shutdown_write() { return result_of(::shutdown(fd(), SHUT_WR)); }

int Socket::close() { return result_of(::close(fd_.release())); }

int Socket::abort() {
  set_linger(std::chrono::seconds(0));
  return close();
}

}  // namespace closelab::testbed
