// System calls of the server that fail, that signals interrupt, or that do less than they were asked for; and SIGPIPE.
// Where the error passes, every client is served in the end; where it is the connection's, only that one ends. The
// server lives on, and leaves no descriptor open.

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "net/socket/socket_address.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/system_calls.h"
#include "tests/hostile/table.h"
#include "tests/loopback/child.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::size_t clients = 100;
constexpr std::size_t large = 100'000;

enum class Effect : std::uint8_t {
  none,       ///< every client is served
  some_fail,  ///< a connection whose call failed ends
};

struct Case {
  const char* what;
  Call call;
  int error;
  unsigned one_in;
  Effect effect;
};

constexpr std::array cases{
    Case{"accept4: EMFILE", Call::accept4, EMFILE, 20, Effect::none},
    Case{"accept4: ENFILE", Call::accept4, ENFILE, 20, Effect::none},
    Case{"accept4: ENOBUFS", Call::accept4, ENOBUFS, 20, Effect::none},
    Case{"accept4: ECONNABORTED", Call::accept4, ECONNABORTED, 2, Effect::none},
    Case{"accept4: EINTR", Call::accept4, EINTR, 2, Effect::none},
    Case{"recv: EINTR", Call::recv, EINTR, 2, Effect::none},
    Case{"recv: ENOBUFS", Call::recv, ENOBUFS, 5, Effect::some_fail},
    Case{"recv: ETIMEDOUT", Call::recv, ETIMEDOUT, 5, Effect::some_fail},
    Case{"recv: ECONNRESET", Call::recv, ECONNRESET, 5, Effect::some_fail},
    Case{"send: EINTR", Call::send, EINTR, 2, Effect::none},
    Case{"send: one byte", Call::send, 0, 2, Effect::none},
    Case{"send: ENOBUFS", Call::send, ENOBUFS, 5, Effect::some_fail},
    Case{"send: EPIPE", Call::send, EPIPE, 5, Effect::some_fail},
    Case{"epoll_ctl: ENOSPC", Call::epoll_ctl, ENOSPC, 5, Effect::some_fail},
    // The kernel can't be asked about the ended connection: its verdict says so.
    Case{"sendto (sock_diag): ENOBUFS", Call::sendto, ENOBUFS, 2, Effect::none},
    Case{"recvmmsg (sock_diag): EINTR", Call::recvmmsg, EINTR, 2, Effect::none},
    Case{"recvmmsg (sock_diag): ENOBUFS", Call::recvmmsg, ENOBUFS, 2, Effect::none},
};

void serve(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
  server.handle("/large", [](const Request&) { return Response{.body = std::string(large, 'x')}; });
}

/// Why a client was not served that should have been.
std::mutex reasons_mutex;
std::string last_reason;

/// Three requests on a connection, all answered as they should be.
bool is_served(const Endpoint& server) {
  const Spared spared;
  try {
    Client client(server);
    const bool first = client.exchange(loopback::post("/echo", "some body")).body == "some body";
    const bool second = client.exchange(loopback::get("/large")).body.size() == large;
    const bool third = client.exchange(loopback::get("/", "Connection: close\r\n")).body == "hello";
    return first && second && third && client.receives_fin();
  } catch (const std::exception& error) {
    const std::lock_guard lock(reasons_mutex);
    last_reason = error.what();
    return false;
  }
}

std::size_t served(const Endpoint& server) {
  std::atomic<std::size_t> count = 0;
  in_parallel(clients, [&](std::size_t) { count += is_served(server); });
  return count;
}

void suffer(const Case& one, Table& table, Findings& findings) {
  const std::string what = one.what;
  Server server;
  serve(server);
  const Footprint before = Footprint::now();
  std::size_t failed = 0;
  std::size_t good = 0;
  {
    const FailingCalls failing(one.call, one.error, one.one_in);
    good = served(server.endpoint());
    failed = failing.count();
  }
  const bool settled = await_all_settled(server, 20s);
  const std::int64_t leaked = (Footprint::now() - before).descriptors;
  table.add(
      {what, std::to_string(failed), std::to_string(good) + " of " + std::to_string(clients), std::to_string(leaked)});
  findings.expect(failed > 0, what + ": no such call");
  findings.expect(one.effect == Effect::some_fail || good == clients,
                  what + ": a client was not served; the last one's error: " + last_reason);
  findings.expect(settled, what + ": a connection did not end");
  findings.expect(leaked == 0, what + ": a descriptor was left open");
  findings.expect(is_served(server.endpoint()), what + ": the server did not recover");
}

std::atomic<std::size_t> signals = 0;

/// SIGALRM every 200 us, in the threads of the server alone, and no system call is restarted.
class SignalStorm {
 public:
  /// After the start of the server, whose threads take signals.
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = [](int) { ++signals; };
    ::sigaction(SIGALRM, &action, &previous_);
    ::sigemptyset(&alarm_);
    ::sigaddset(&alarm_, SIGALRM);
    ::pthread_sigmask(SIG_BLOCK, &alarm_, nullptr);
    set_interval(200);
  }
  ~SignalStorm() {
    set_interval(0);
    ::signal(SIGALRM, SIG_IGN);  // also what is pending
    ::pthread_sigmask(SIG_UNBLOCK, &alarm_, nullptr);
    ::sigaction(SIGALRM, &previous_, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;

 private:
  static void set_interval(suseconds_t microseconds) {
    const itimerval timer{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }

  struct sigaction previous_ {};
  sigset_t alarm_{};
};

void suffer_signals(Table& table, Findings& findings) {
  Server server;
  serve(server);
  signals = 0;
  std::size_t good = 0;
  {
    const SignalStorm storm;
    good = served(server.endpoint());
    findings.expect(await_all_settled(server, 20s), "a storm of signals: a connection did not end");
  }
  table.add(
      {"a storm of signals", std::to_string(signals), std::to_string(good) + " of " + std::to_string(clients), "0"});
  findings.expect(signals > 0, "no signal came");
  findings.expect(good == clients, "a storm of signals: a client was not served");
}

/// As a program is started: SIGPIPE kills.
void serve_with_default_sigpipe(const loopback::Line& line) {
  ::signal(SIGPIPE, SIG_DFL);
  Server server;
  serve(server);
  line.say(server.port());
  line.hear();
  line.say(static_cast<std::int64_t>(count_ended(server, CloseReason::peer_reset)));
}

void suffer_sigpipe(Findings& findings) {
  loopback::Child child(serve_with_default_sigpipe);
  const Endpoint server = *net::parse_address("127.0.0.1", static_cast<std::uint16_t>(child.line().hear()));
  for (std::size_t i = 0; i < clients; ++i) {
    Client client(server, 4096);
    client.send(loopback::get("/large") + loopback::get("/large"));
    client.receive_some();
    client.reset();
  }
  findings.expect(is_served(server), "the server did not survive clients that reset");
  child.line().say(0);
  const std::int64_t resets = child.line().hear();
  const int code = child.finish();
  std::cout << "  SIGPIPE at its default, " << clients << " clients reset: " << resets << " met, exit code " << code
            << '\n';
  findings.expect(resets > 0 && code == 0, "SIGPIPE");
}

}  // namespace

void failing_calls(const Scale&, Findings& findings) {
  suffer_sigpipe(findings);  // it forks, so before there are threads
  Table table({"what", "calls", "clients served", "descriptors leaked"});
  for (const Case& one : cases) suffer(one, table, findings);
  suffer_signals(table, findings);
  std::cout << table;
}

}  // namespace closelab::hostile
