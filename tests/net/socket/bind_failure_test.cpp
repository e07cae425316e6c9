#include "net/socket/bind_failure.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "net/socket/socket_address.h"

namespace closelab::net {
namespace {

using namespace std::chrono_literals;

TcpSocket socket_in(TcpState state, std::chrono::milliseconds timer = 0ms, const char* address = "127.0.0.1") {
  TcpSocket info;
  info.local = *parse_address(address, 8080);
  info.state = state;
  info.timer_left = timer;
  info.uid = 1000;
  return info;
}

std::string explain(const ListenOptions& options, int error, const std::vector<TcpSocket>& holders = {}) {
  return explain_bind_failure(options, *parse_address("127.0.0.1", 8080), error, holders);
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST_CASE("each text says what is wrong and what would help") {
  const std::vector<TcpSocket> listener{socket_in(TcpState::time_wait, 9s), socket_in(TcpState::listen)};
  const std::vector<TcpSocket> time_wait{socket_in(TcpState::time_wait, 41'250ms), socket_in(TcpState::time_wait, 1s)};
  const std::vector<TcpSocket> mixed{socket_in(TcpState::time_wait, 41s), socket_in(TcpState::close_wait),
                                     socket_in(TcpState::close_wait)};
  struct Row {
    ListenOptions options;
    int error;
    std::vector<TcpSocket> holders;
    std::vector<const char*> says;
  };
  const ListenOptions plain{.reuse_address = Switch::off};
  const ListenOptions reuse{};
  const ListenOptions port{.reuse_port = Switch::on};
  const std::vector<Row> rows{
      {reuse, EADDRINUSE, listener, {"Another socket listens on 127.0.0.1:8080", "uid 1000", "Stop it"}},
      {port, EADDRINUSE, listener, {"Another socket listens on 127.0.0.1:8080", "only if that socket has it too"}},
      {plain, EADDRINUSE, time_wait, {"2 TIME_WAIT.\n", "free in 41.3 s", "reuse_address"}},
      {reuse, EADDRINUSE, time_wait, {"2 TIME_WAIT.\n", "free in 41.3 s", "that one lacked it"}},
      {plain, EADDRINUSE, mixed, {"1 TIME_WAIT, 2 CLOSE_WAIT", "until both their ends are closed"}},
      {plain,
       EADDRINUSE,
       {socket_in(TcpState::fin_wait_2, 59s)},
       {"free in 59.0 s", "turns its FIN_WAIT_2 into TIME_WAIT"}},
      {reuse, EADDRINUSE, {}, {"bound but not listening"}},
      {reuse, EADDRNOTAVAIL, {}, {"no interface of this machine"}},
      {reuse, EACCES, {}, {"CAP_NET_BIND_SERVICE"}},
      {reuse, EAFNOSUPPORT, {}, {"address family"}},
      {reuse, EINVAL, {}, {"The kernel refused"}},
  };
  for (const Row& row : rows) {
    const std::string text = explain(row.options, row.error, row.holders);
    CAPTURE(text);
    CHECK(text.starts_with("cannot listen on 127.0.0.1:8080: "));
    for (const char* part : row.says) CHECK(contains(text, part));
  }
}

TEST_CASE("only sockets on the wanted address, or on every address, hold the port") {
  const ListenOptions plain{.reuse_address = Switch::off};
  const TcpSocket leftover = socket_in(TcpState::time_wait, 30s);
  CHECK(contains(explain(plain, EADDRINUSE, {socket_in(TcpState::listen, 0ms, "127.0.0.2"), leftover}),
                 "No socket listens there"));
  for (const char* everywhere : {"0.0.0.0", "::", "::ffff:127.0.0.1"}) {
    CAPTURE(everywhere);
    CHECK(contains(explain(plain, EADDRINUSE, {socket_in(TcpState::listen, 0ms, everywhere), leftover}),
                   "Another socket listens"));
  }
}

}  // namespace
}  // namespace closelab::net
