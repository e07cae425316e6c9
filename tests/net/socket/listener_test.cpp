#include "net/socket/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include "closelab/tcp_table.h"
#include "net/socket/socket_options.h"
#include "tests/net/loopback.h"
#include "tests/support/skip.h"

namespace closelab::net::test {
namespace {

using namespace std::chrono_literals;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What listening fails with: its error code and its text.
struct Failure {
  int code = 0;
  std::string text;
};

Failure try_to_listen(const ListenOptions& options, const SocketOptions& connection = {}) {
  try {
    const Listener listener(options, connection);
    return {};
  } catch (const ListenError& error) {
    return {error.code().value(), error.what()};
  }
}

std::map<std::string, std::string> options_of(int fd) {
  std::map<std::string, std::string> result;
  for (const OptionInEffect& option : options_in_effect(fd)) result.emplace(option.name, option.value);
  return result;
}

/// Listens, lets a connection end with our FIN first, and stops: its TIME_WAIT stays on the port.
std::uint16_t leave_time_wait(Switch reuse_address) {
  const Listener listener({.reuse_address = reuse_address}, {});
  Client client(listener.local());
  const UniqueFd server(accept_one(listener).fd);
  ::shutdown(server.get(), SHUT_WR);
  client.receive_to_end();
  client.close();
  await(server.get(), POLLIN);
  return listener.local().port;
}

TEST_CASE("accept errors never stop the loop, and never spin it") {
  struct Row {
    int error;
    AcceptOutcome outcome;
  };
  constexpr Row rows[] = {
      {0, AcceptOutcome::accepted},         {EAGAIN, AcceptOutcome::empty},      {EWOULDBLOCK, AcceptOutcome::empty},
      {ECONNABORTED, AcceptOutcome::retry}, {EINTR, AcceptOutcome::retry},       {EPERM, AcceptOutcome::retry},
      {ENETDOWN, AcceptOutcome::retry},     {EPROTO, AcceptOutcome::retry},      {ENOPROTOOPT, AcceptOutcome::retry},
      {EHOSTDOWN, AcceptOutcome::retry},    {ENONET, AcceptOutcome::retry},      {EHOSTUNREACH, AcceptOutcome::retry},
      {EOPNOTSUPP, AcceptOutcome::retry},   {ENETUNREACH, AcceptOutcome::retry}, {EMFILE, AcceptOutcome::exhausted},
      {ENFILE, AcceptOutcome::exhausted},   {ENOBUFS, AcceptOutcome::exhausted}, {ENOMEM, AcceptOutcome::exhausted},
      {EBADF, AcceptOutcome::exhausted},    {4095, AcceptOutcome::exhausted},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error);
    CHECK(static_cast<int>(classify_accept_error(row.error)) == static_cast<int>(row.outcome));
  }
}

TEST_CASE("port 0: the kernel chooses, and each accepted connection knows both its ends") {
  struct Row {
    const char* listen;
    const char* connect;
    const char* client_seen_as;
  };
  constexpr Row rows[] = {
      {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "127.0.0.2", "127.0.0.1"},
      {"::1", "::1", "::1"},
      {"::", "::1", "::1"},
      {"::", "127.0.0.1", "::ffff:127.0.0.1"},
  };
  for (const Row& row : rows) {
    if (std::string_view(row.listen).starts_with("::") && !closelab::test::has_ipv6()) continue;
    CAPTURE(row.listen);
    CAPTURE(row.connect);
    const Listener listener({.address = row.listen}, {});
    REQUIRE(listener.local().port != 0);
    CHECK(listener.local() == parse_address(row.listen, listener.local().port));
    const Client client(reachable(listener.local(), row.connect));
    const Accepted accepted = accept_one(listener);
    const UniqueFd server(accepted.fd);
    CHECK(accepted.outcome == AcceptOutcome::accepted);
    CHECK(accepted.remote.port == client.local().port);
    CHECK(accepted.local == local_endpoint(server.get()));
    CHECK(address_text(accepted.local) == row.connect);
    CHECK(accepted.remote.family == parse_address(row.client_seen_as, 0)->family);
    CHECK(to_string(accepted.remote) == to_string(client.local()));
    CHECK((::fcntl(server.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(server.get(), F_GETFD) & FD_CLOEXEC) != 0);
    const Accepted none = listener.accept();
    CHECK(none.outcome == AcceptOutcome::empty);
    CHECK(none.fd == -1);
  }
}

TEST_CASE("ipv6_only leaves IPv4 alone") {
  if (!closelab::test::has_ipv6()) return;
  const Listener six({.address = "::", .ipv6_only = Switch::on}, {});
  CHECK_THROWS(Client(reachable(six.local(), "127.0.0.1")));
  CHECK_NOTHROW(Client(reachable(six.local(), "::1")));
  CHECK_NOTHROW(Listener({.address = "0.0.0.0", .port = six.local().port}, {}));
}

TEST_CASE("over a TIME_WAIT of its own, a port is free only if both sockets have SO_REUSEADDR") {
  struct Row {
    Switch before;
    Switch now;
    int code;
    const char* says;
  };
  constexpr Row rows[] = {
      {Switch::on, Switch::on, 0, ""},
      {Switch::on, Switch::off, EADDRINUSE, "both have SO_REUSEADDR"},
      {Switch::off, Switch::on, EADDRINUSE, "that one lacked it"},
      {Switch::off, Switch::off, EADDRINUSE, "both have SO_REUSEADDR"},
  };
  for (const Row& row : rows) {
    const std::uint16_t port = leave_time_wait(row.before);
    const Failure failure = try_to_listen({.port = port, .reuse_address = row.now});
    CAPTURE(failure.text);
    CHECK(failure.code == row.code);
    CHECK(contains(failure.text, row.says));
    if (row.code == 0) continue;
    CHECK(contains(failure.text, "1 TIME_WAIT.\n  The port is free in "));
    CHECK((contains(failure.text, "free in 60.0 s") || contains(failure.text, "free in 59.")));
  }
}

TEST_CASE("a live listener holds its port whatever SO_REUSEADDR says; SO_REUSEPORT shares it") {
  const Listener first({}, {});
  const Failure failure = try_to_listen({.port = first.local().port});
  CHECK(failure.code == EADDRINUSE);
  CHECK(contains(failure.text, "Another socket listens on " + to_string(first.local())));
  CHECK(contains(failure.text, "uid " + std::to_string(::getuid())));

  const Listener shared({.reuse_port = Switch::on}, {});
  CHECK(try_to_listen({.port = shared.local().port, .reuse_port = Switch::on}).code == 0);
  const Failure alone = try_to_listen({.port = first.local().port, .reuse_port = Switch::on});
  CHECK(alone.code == EADDRINUSE);
  CHECK(contains(alone.text, "only if that socket has it too"));
}

TEST_CASE("addresses that can't be listened on") {
  const Failure foreign = try_to_listen({.address = "192.0.2.1"});
  CHECK(foreign.code == EADDRNOTAVAIL);
  CHECK(contains(foreign.text, "no interface of this machine"));
  const Failure name = try_to_listen({.address = "localhost"});
  CHECK(name.code == EINVAL);
  CHECK(contains(name.text, "\"localhost\" is not a numeric"));
}

TEST_CASE("options read back as they were set, from the listener and from what it accepts") {
  const SocketOptions connection{
      .tcp_nodelay = Switch::on, .tcp_keepalive = 77s, .tcp_user_timeout = 1234ms, .tcp_linger2 = 7s};
  const bool ipv6 = closelab::test::has_ipv6();
  const Listener listener({.address = ipv6 ? "::" : "0.0.0.0", .reuse_port = Switch::on}, connection);
  auto options = options_of(listener.fd());
  CHECK(options["SO_REUSEADDR"] == "1");
  CHECK(options["SO_REUSEPORT"] == "1");
  if (ipv6) CHECK(options["IPV6_V6ONLY"] == "0");

  const Client client(reachable(listener.local(), ipv6 ? "::1" : "127.0.0.1"));
  const UniqueFd server(accept_one(listener).fd);
  options = options_of(server.get());
  CHECK(options["TCP_NODELAY"] == "1");
  CHECK(options["SO_KEEPALIVE"] == "1");
  CHECK(options["TCP_KEEPIDLE"] == "77");
  CHECK(options["TCP_KEEPINTVL"] == "77");
  CHECK(options["TCP_USER_TIMEOUT"] == "1234");
  CHECK(options["TCP_LINGER2"] == "7");
}

TEST_CASE("options that are off stay off") {
  const Listener listener({.reuse_address = Switch::off}, {.tcp_nodelay = Switch::off});
  auto options = options_of(listener.fd());
  CHECK(options["SO_REUSEADDR"] == "0");
  CHECK(options["SO_REUSEPORT"] == "0");
  CHECK(options["TCP_NODELAY"] == "0");
  CHECK(options["SO_KEEPALIVE"] == "0");
  CHECK(options["TCP_USER_TIMEOUT"] == "0");
  CHECK_FALSE(options.contains("IPV6_V6ONLY"));
}

TEST_CASE("a socket option that the kernel refuses is an error, not ignored") {
  CHECK(try_to_listen({}, {.tcp_keepalive = 0s}).code == EINVAL);
}

TEST_CASE("closing the listener resets who waits to be accepted") {
  Listener listener({}, {});
  const Client client(listener.local());
  listener.close();
  CHECK(client.receive_to_end().error == ECONNRESET);
  // Other programs may use the same port towards other servers.
  for (const TcpSocket& socket : tcp_sockets({.local_port = client.local().port}).sockets) {
    CHECK_FALSE(socket.remote == listener.local());
  }
}

}  // namespace
}  // namespace closelab::net::test
