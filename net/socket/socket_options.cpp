#include "net/socket/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

namespace closelab::net {
namespace {

std::optional<int> read_option(int fd, int level, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, level, option, &value, &length) != 0) return std::nullopt;
  return value;
}

struct KnownOption {
  std::string_view name;
  int level;
  int option;
};

constexpr std::array known_options{
    KnownOption{"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},
    KnownOption{"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT},
    KnownOption{"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY},
    KnownOption{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
    KnownOption{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
    KnownOption{"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
    KnownOption{"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
    KnownOption{"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
    KnownOption{"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2},
    KnownOption{"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},
    KnownOption{"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
};

std::string_view name_of(int level, int option) {
  for (const KnownOption& known : known_options) {
    if (known.level == level && known.option == option) return known.name;
  }
  return "a socket option";
}

/// Sets options one after another and keeps the first error.
class Setter {
 public:
  explicit Setter(int fd) : fd_(fd) {}

  void set(int level, int option, int value) {
    if (!error_.code && ::setsockopt(fd_, level, option, &value, sizeof value) != 0) {
      error_ = {std::error_code(errno, std::system_category()), name_of(level, option)};
    }
  }

  template <class Duration>
  void set(int level, int option, const std::optional<Duration>& value) {
    if (value) set(level, option, static_cast<int>(value->count()));
  }

  OptionError error() const { return error_; }

 private:
  int fd_;
  OptionError error_;
};

}  // namespace

OptionError apply(const ListenOptions& options, int fd) {
  Setter setter(fd);
  setter.set(SOL_SOCKET, SO_REUSEADDR, options.reuse_address == Switch::on);
  setter.set(SOL_SOCKET, SO_REUSEPORT, options.reuse_port == Switch::on);
  if (read_option(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6) {
    setter.set(IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only == Switch::on);
  }
  return setter.error();
}

OptionError apply(const SocketOptions& options, int fd) {
  Setter setter(fd);
  setter.set(IPPROTO_TCP, TCP_NODELAY, options.tcp_nodelay == Switch::on);
  setter.set(SOL_SOCKET, SO_KEEPALIVE, options.tcp_keepalive.has_value());
  setter.set(IPPROTO_TCP, TCP_KEEPIDLE, options.tcp_keepalive);
  setter.set(IPPROTO_TCP, TCP_KEEPINTVL, options.tcp_keepalive);
  setter.set(IPPROTO_TCP, TCP_USER_TIMEOUT, options.tcp_user_timeout);
  setter.set(IPPROTO_TCP, TCP_LINGER2, options.tcp_linger2);
  return setter.error();
}

std::vector<OptionInEffect> options_in_effect(int fd) {
  std::vector<OptionInEffect> result;
  for (const KnownOption& known : known_options) {
    if (const auto value = read_option(fd, known.level, known.option)) {
      result.push_back({known.name, std::to_string(*value)});
    }
  }
  return result;
}

}  // namespace closelab::net
