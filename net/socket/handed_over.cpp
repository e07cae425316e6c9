#include "net/socket/handed_over.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "closelab/listen_error.h"

namespace closelab::net {
namespace {

[[noreturn]] void refuse(int fd, int code, const std::string& what) {
  throw ListenError({code, std::system_category()},
                    "descriptor " + std::to_string(fd) + " can't be listened on: it is " + what);
}

int option(int fd, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0) return value;
  refuse(fd, errno, errno == EBADF ? "not open" : "no socket");
}

}  // namespace

void require_listening(int fd) {
  const int domain = option(fd, SO_DOMAIN);
  const bool internet = domain == AF_INET || domain == AF_INET6;
  if (!internet || option(fd, SO_PROTOCOL) != IPPROTO_TCP) refuse(fd, EPROTOTYPE, "a socket, but not of TCP");
  // A connection has no SO_ACCEPTCONN either: inetd's `nowait` and systemd's `Accept=yes` hand over those.
  if (option(fd, SO_ACCEPTCONN) == 0)
    refuse(fd, EINVAL, "a TCP socket that does not listen: call listen() before handing it over");
}

}  // namespace closelab::net
