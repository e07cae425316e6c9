#include "server/lab/about/kernel_features.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "closelab/tcp_table.h"
#include "net/socket/unique_fd.h"

namespace closelab::lab {
namespace {

std::string text_of(int error) { return error == 0 ? "" : std::generic_category().message(error); }

std::string missing_socket(int family, int type) {
  const net::UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  return text_of(fd ? 0 : errno);
}

std::string missing_lookups() {
  const TcpTable table = tcp_sockets({.local_port = 1});
  return text_of(table.error.value());
}

/// In a child: namespaces can't be left again.
std::string missing_namespaces() {
  const pid_t child = ::fork();
  if (child < 0) return text_of(errno);
  if (child == 0) ::_exit(::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? text_of(WEXITSTATUS(status)) : "the attempt was ended by a signal";
}

std::string missing_tun() {
  const net::UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  return text_of(fd ? 0 : errno);
}

}  // namespace

std::vector<KernelFeature> kernel_features() {
  return {
      {"states of sockets (sock_diag)", missing_lookups()},
      {"IPv6", missing_socket(AF_INET6, SOCK_STREAM)},
      {"packets (CAP_NET_RAW)", missing_socket(AF_PACKET, SOCK_RAW)},
      {"private networks (user namespaces)", missing_namespaces()},
      {"delays and losses (/dev/net/tun)", missing_tun()},
  };
}

}  // namespace closelab::lab
