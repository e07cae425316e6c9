#include "tests/kernel/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "net/socket/socket_address.h"

namespace closelab::kernel_test {
namespace {

// Reached only when something is wrong.
constexpr int patience_ms = 10'000;

/// The port of a connection before, whose TIME_WAIT the new one takes over.
void bind_to(int fd, AddressFamily family, std::uint16_t port) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  Endpoint any{.family = family, .port = port};
  const net::SocketAddress address = net::to_socket_address(any);
  if (::bind(fd, address.data(), address.length) != 0)
    throw std::runtime_error("bind: " + std::string(std::strerror(errno)));
}

/// A port's last connection may not have come to TIME_WAIT yet: until then the kernel does not let another have its
/// addresses.
void connect_when_free(int fd, const net::SocketAddress& address) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (::connect(fd, address.data(), address.length) != 0) {
    if (errno != EADDRNOTAVAIL || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
    std::this_thread::yield();
  }
}

}  // namespace

void Random::spin(std::chrono::microseconds most) {
  const auto pause = std::chrono::nanoseconds(up_to(static_cast<unsigned>(most.count()) * 1000));
  spin_until(std::chrono::steady_clock::now() + pause);
}

void spin_until(std::chrono::steady_clock::time_point time) {
  while (std::chrono::steady_clock::now() < time) {
  }
}

Client::Client(const Endpoint& server, int receive_buffer, std::uint16_t port) {
  const net::SocketAddress address = net::to_socket_address(server);
  fd_ = net::UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  // Whoever binds its port again needs both sockets to say so.
  const int on = 1;
  ::setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (port != 0) bind_to(fd(), server.family, port);
  connect_when_free(fd(), address);
  local_ = net::local_endpoint(fd());
  const timeval limit{.tv_sec = patience_ms / 1000, .tv_usec = 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) throw std::runtime_error("the server does not read");
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::read_some(std::size_t most) {
  const std::size_t before = received_.size();
  received_.resize(before + most);
  const ssize_t bytes = ::recv(fd(), received_.data() + before, most, 0);
  if (bytes < 0 && errno == EAGAIN) throw std::runtime_error("the server does not answer");
  received_.resize(before + static_cast<std::size_t>(bytes > 0 ? bytes : 0));
  return bytes > 0;
}

void Client::read_to_end() {
  while (read_some(64 * 1024)) received_.clear();
}

void Client::read_answer(std::string_view end) {
  while (!received_.ends_with(end) && read_some(4096)) {
  }
  received_.clear();
}

void Client::await_input() { await(POLLIN); }
void Client::await_end() { await(POLLRDHUP); }
// POLLERR and POLLHUP, which need not be asked for.
void Client::await_reset() { await(0); }

bool Client::has_ended() const {
  pollfd entry{.fd = fd(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&entry, 1, 0) == 1;
}

void Client::await(short events) {
  pollfd entry{.fd = fd(), .events = events, .revents = 0};
  if (::poll(&entry, 1, patience_ms) != 1) throw std::runtime_error("nothing comes from the server");
}

void Client::half_close() { ::shutdown(fd(), SHUT_WR); }

void Client::close() { fd_.reset(); }

void Client::abort() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

}  // namespace closelab::kernel_test
