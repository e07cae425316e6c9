// How long a server takes from fork() to its first answer, and from SIGTERM to its exit with idle connections open, as
// a line of JSON; without the latter where it has to be killed. The command becomes the server, on another CPU.
//
//   bench_lifetime PORT PATH CONNECTIONS CPU COMMAND...

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

pid_t start(int cpu, char** command) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(0, sizeof set, &set);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(nowhere, fd);
  ::execvp(command[0], command);
  ::_exit(127);
}

/// A connected socket that has been answered, or -1.
int ask(std::uint16_t port, const std::string& path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};  // a server with a thread for each connection has no more
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::array<char, 4096> answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
      ::recv(fd, answer.data(), answer.size(), 0) > 12 && std::memcmp(answer.data(), "HTTP/1.1 200", 12) == 0) {
    return fd;
  }
  ::close(fd);
  return -1;
}

/// The first answer's connection, or -1 after 10 s.
int await_answer(std::uint16_t port, const std::string& path, Clock::time_point start) {
  for (;;) {
    const int fd = ask(port, path);
    if (fd >= 0 || Clock::now() - start > 10s) return fd;
    ::usleep(50);
  }
}

/// Waits for its exit; false when it has to be killed after 5 s.
bool await_exit(pid_t server) {
  // glibc 2.36 declares pidfd_open(2) for C alone.
  const auto process = static_cast<int>(::syscall(SYS_pidfd_open, server, 0));
  pollfd end{.fd = process, .events = POLLIN, .revents = 0};
  const bool has_ended = ::poll(&end, 1, 5000) == 1;
  if (!has_ended) ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  ::close(process);
  return has_ended;
}

int measure(char** arguments) {
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  const std::string path = arguments[2];
  const auto started = Clock::now();
  const pid_t server = start(std::atoi(arguments[4]), arguments + 5);
  const bool answered = await_answer(port, path, started) >= 0;
  const double to_answer = milliseconds_since(started);

  int idle = answered ? 1 : 0;
  while (answered && idle < std::atoi(arguments[3]) && ask(port, path) >= 0) ++idle;
  const auto stopped = Clock::now();
  ::kill(server, SIGTERM);
  const bool exited = await_exit(server);
  if (answered) std::printf(R"({"start_ms":%.3f,"idle":%d)", to_answer, idle);
  if (answered && exited) std::printf(R"(,"stop_ms":%.3f)", milliseconds_since(stopped));
  if (answered) std::puts("}");
  return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::bench

int main(int count, char** arguments) { return count < 6 ? EXIT_FAILURE : closelab::bench::measure(arguments); }
