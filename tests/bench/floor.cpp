// The floor that servers are compared with: one thread, edge-triggered epoll, and as many canned answers as there are
// ends of heads ("\r\n\r\n") in what was read. It understands no HTTP, sets no deadline and keeps nothing about a
// connection, so that what it costs is the kernel's own work.
//
//   bench_floor PORT keep       the client closes
//   bench_floor PORT close      close() after each answer
//   bench_floor PORT lingering  FIN after each answer, and close() at the client's FIN

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace closelab::bench {
namespace {

enum class Ending { keep, close, lingering };

constexpr std::size_t most_pipelined = 64;

std::string canned(Ending ending) {
  const std::string connection = ending == Ending::keep ? "" : "Connection: close\r\n";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n" + connection + "\r\nHello, world!";
}

std::size_t heads_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("\r\n\r\n", at)) != std::string_view::npos; at += 4) ++count;
  return count;
}

int check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

int listen_on(std::uint16_t port) {
  const int listener = check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  check(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(::listen(listener, 4096), "listen");
  return listener;
}

class Floor {
 public:
  Floor(std::uint16_t port, Ending ending) : ending_(ending), answer_size_(canned(ending).size()) {
    for (std::size_t i = 0; i < most_pipelined; ++i) answers_ += canned(ending);
    watch(listener_ = listen_on(port));
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept_all() : serve(fd);
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
    check(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) watch(fd);
  }

  void serve(int fd) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) {
      ::close(fd);
      return;
    }
    const std::size_t heads = heads_in({buffer_.data(), static_cast<std::size_t>(received)});
    const std::size_t bytes = std::min(heads, most_pipelined) * answer_size_;
    if (::send(fd, answers_.data(), bytes, MSG_NOSIGNAL) < 0 || ending_ == Ending::close) {
      ::close(fd);
    } else if (ending_ == Ending::lingering) {
      ::shutdown(fd, SHUT_WR);
    }
  }

  const Ending ending_;
  const std::size_t answer_size_;
  const int epoll_ = check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  int listener_ = -1;
  std::string answers_;
  std::array<char, 65536> buffer_;
};

}  // namespace
}  // namespace closelab::bench

int main(int count, char** arguments) {
  using closelab::bench::Ending;
  if (count != 3) return EXIT_FAILURE;
  const std::string_view word = arguments[2];
  const Ending ending = word == "close" ? Ending::close : word == "lingering" ? Ending::lingering : Ending::keep;
  closelab::bench::Floor(static_cast<std::uint16_t>(std::atoi(arguments[1])), ending).run();
}
