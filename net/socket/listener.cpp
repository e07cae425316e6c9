#include "net/socket/listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "closelab/tcp_table.h"
#include "net/socket/bind_failure.h"
#include "net/socket/handed_over.h"
#include "net/socket/socket_address.h"
#include "net/socket/socket_options.h"

namespace closelab::net {
namespace {

[[noreturn]] void fail(const ListenOptions& options, const Endpoint& wanted, int error) {
  const auto holders =
      error == EADDRINUSE ? tcp_sockets({.local_port = wanted.port}).sockets : std::vector<TcpSocket>{};
  throw ListenError({error, std::system_category()}, explain_bind_failure(options, wanted, error, holders));
}

bool is_wildcard(const Endpoint& endpoint) {
  return std::all_of(endpoint.address.begin(), endpoint.address.end(), [](std::uint8_t byte) { return byte == 0; });
}

void require_set(const OptionError& error) {
  if (!error.code) return;
  throw ListenError(error.code,
                    "the kernel refuses the value for " + std::string(error.option) + ": " + error.code.message());
}

UniqueFd listen_on(const Endpoint& wanted, const ListenOptions& options, const SocketOptions& connection_options) {
  const SocketAddress address = to_socket_address(wanted);
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail(options, wanted, errno);
  require_set(apply(options, fd.get()));
  require_set(apply(connection_options, fd.get()));
  if (::bind(fd.get(), address.data(), address.length) != 0) fail(options, wanted, errno);
  if (::listen(fd.get(), options.backlog) != 0) fail(options, wanted, errno);
  return fd;
}

/// A duplicate with a life of its own.
UniqueFd take_over(int handed_over, const SocketOptions& connection_options) {
  require_listening(handed_over);
  UniqueFd fd(::fcntl(handed_over, F_DUPFD_CLOEXEC, 0));
  if (!fd || ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0) {
    const std::error_code error(errno, std::system_category());
    throw ListenError(error, "descriptor " + std::to_string(handed_over) + ": " + error.message());
  }
  require_set(apply(connection_options, fd.get()));
  return fd;
}

UniqueFd open_listener(const ListenOptions& options, const SocketOptions& connection_options) {
  if (options.fd) return take_over(*options.fd, connection_options);
  const auto wanted = parse_address(options.address, options.port);
  if (wanted) return listen_on(*wanted, options, connection_options);
  throw ListenError(std::make_error_code(std::errc::invalid_argument),
                    "address \"" + options.address + "\" is not a numeric IPv4 or IPv6 address");
}

bool is_listening(int fd) {
  int listens = 0;
  socklen_t length = sizeof listens;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0;
}

}  // namespace

AcceptOutcome classify_accept_error(int error) {
  switch (error) {
    case 0:
      return AcceptOutcome::accepted;
    case EAGAIN:
      return AcceptOutcome::empty;
    case ECONNABORTED:
    case EINTR:
    case EPERM:  // a firewall rule
    // Errors of the new connection, which accept(2) passes on.
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return AcceptOutcome::retry;
    default:
      // EMFILE, ENFILE, ENOBUFS, ENOMEM; and what is unheard of must not spin either.
      return AcceptOutcome::exhausted;
  }
}

Listener::Listener(const ListenOptions& options, const SocketOptions& connection_options)
    : fd_(open_listener(options, connection_options)),
      local_(local_endpoint(fd_.get())),
      wildcard_(is_wildcard(local_)) {
  // Nobody could be told where it listens.
  if (local_.family == AddressFamily::unspecified) fail(options, local_, errno);
}

/// shutdown() takes a socket back from LISTEN to CLOSE. Linux keeps the port bound for it when bind() asked for that
/// port; one of the kernel's choice has to be bound anew, and for another EINVAL says that it is bound. A socket in
/// CLOSE keeps what shutdown() says, and hands it on to those whom it accepts later: they would read an end at once.
std::error_code Listener::stop_listening() const {
  if (is_listening(fd_.get()) && ::shutdown(fd_.get(), SHUT_RD) != 0) return {errno, std::system_category()};
  const SocketAddress address = to_socket_address(local_);
  if (::bind(fd_.get(), address.data(), address.length) == 0 || errno == EINVAL) return {};
  return {errno, std::system_category()};
}

/// Without a port listen() would take one of the kernel's choice.
std::error_code Listener::listen_again(int backlog) const {
  const SocketAddress address = to_socket_address(local_);
  const bool bound = ::bind(fd_.get(), address.data(), address.length) == 0 || errno == EINVAL;
  if (bound && ::listen(fd_.get(), backlog) == 0) return {};
  return {errno, std::system_category()};
}

Accepted Listener::accept() const {
  Accepted result;
  SocketAddress peer;
  result.fd = ::accept4(fd_.get(), peer.data(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  result.error = result.fd < 0 ? errno : 0;
  result.outcome = classify_accept_error(result.error);
  if (result.fd < 0) return result;
  result.remote = to_endpoint(peer);
  result.local = wildcard_ ? local_endpoint(result.fd) : local_;
  return result;
}

}  // namespace closelab::net
