// Clients that are gone without a FIN or RST: cable out, machine off, NAT entry lost. Each in another phase, and each
// is ended by the timeout meant for it. IP_MINTTL 255 lets a client's kernel drop every packet of the server silently.

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/server.h"
#include "net/testbed/network.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;
using Clock = std::chrono::steady_clock;

/// Where a vanished client leaves the server, and what is to end that.
struct Case {
  const char* name;
  std::string_view request;
  CloseReason ended_by;
  std::chrono::milliseconds at_least;
  std::chrono::milliseconds at_most;
  Timeouts timeouts;
  SocketOptions socket{};
};

constexpr Timeouts long_ones{.idle_timeout = 1min, .header_timeout = 1min, .body_timeout = 1min, .write_timeout = 1min};

Timeouts with(std::chrono::milliseconds Timeouts::*member) {
  Timeouts timeouts = long_ones;
  timeouts.*member = 300ms;
  return timeouts;
}

// Beside its own timeout each may take a drain (lingering.time), and what a busy machine needs.
const std::vector<Case>& cases() {
  constexpr auto answer = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  static const std::vector<Case> all{
      {"idle, nothing sent yet", "", CloseReason::idle_timeout, 300ms, 3s, with(&Timeouts::idle_timeout)},
      {"in a request's head", "GET / HT", CloseReason::header_timeout, 300ms, 3s, with(&Timeouts::header_timeout)},
      {"in a request's body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbo", CloseReason::body_timeout,
       300ms, 3s, with(&Timeouts::body_timeout)},
      {"with a small response under way", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", CloseReason::idle_timeout, 300ms, 3s,
       with(&Timeouts::idle_timeout)},
      {"with a large response under way", answer, CloseReason::write_timeout, 300ms, 3s,
       with(&Timeouts::write_timeout)},
      {"after a closing response", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", CloseReason::request_close,
       300ms, 3s, long_ones},
      {"large response, tcp_user_timeout",
       answer,
       CloseReason::tcp_timeout,
       300ms,
       5s,
       long_ones,
       {.tcp_user_timeout = 300ms}},
      {"idle, tcp_keepalive",
       "",
       CloseReason::tcp_timeout,
       1s,
       8s,
       long_ones,
       {.tcp_keepalive = 1s, .tcp_user_timeout = 500ms}},
  };
  return all;
}

struct Outcome {
  std::optional<ConnectionRecord> record;
  std::chrono::milliseconds taken{};
  bool freed = false;
};

void vanish(const Client& client) {
  constexpr int unreachable = 255;
  ::setsockopt(client.fd(), IPPROTO_IP, IP_MINTTL, &unreachable, sizeof unreachable);
}

Outcome suffer(const Case& one) {
  Options options;
  options.timeouts = one.timeouts;
  options.socket = one.socket;
  options.lingering.time = 300ms;
  std::atomic<Clock::time_point> closing = Clock::time_point::max();
  options.on_closing = [&](const ConnectionRecord&) { closing = std::min(closing.load(), Clock::now()); };
  Server server(options);
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/large", [](const Request&) { return Response{.body = std::string(16 << 20, 'x')}; });
  const auto start = Clock::now();
  Client client(server);
  if (!server.wait_accepted()) return {};
  vanish(client);
  client.send(one.request);
  Outcome outcome;
  outcome.record = server.wait_closed(60s);
  outcome.freed = server.counts().open == 0;
  outcome.taken = std::chrono::round<std::chrono::milliseconds>(closing.load() - start);
  return outcome;
}

}  // namespace

void vanished(const Scale&, Findings& findings) {
  const std::string usual = testbed::ipv4_sysctl("tcp_orphan_retries");
  // How long the kernel itself goes on trying to deliver our FIN, when nobody waits for that any more.
  testbed::set_ipv4_sysctl("tcp_orphan_retries", "1");
  std::vector<std::future<Outcome>> suffering;
  for (const Case& one : cases()) suffering.push_back(std::async(std::launch::async, suffer, one));
  Table table({"the client vanishes", "ended by", "after", "verdict"});
  for (std::size_t i = 0; i < cases().size(); ++i) {
    const Case& one = cases()[i];
    const Outcome outcome = suffering[i].get();
    findings.expect(outcome.record && outcome.freed, std::string(one.name) + ": the connection did not end");
    if (!outcome.record) continue;
    const Verdict& verdict = outcome.record->verdict;
    table.add({one.name, std::string(to_string(outcome.record->close_reason)),
               std::to_string(outcome.taken.count()) + " ms", std::string(to_string(verdict.closed_by))});
    findings.expect(outcome.record->close_reason == one.ended_by, std::string(one.name) + ": ended by something else");
    findings.expect(outcome.taken >= one.at_least || one.ended_by == CloseReason::request_close,
                    std::string(one.name) + ": ended too early");
    findings.expect(outcome.taken <= one.at_most, std::string(one.name) + ": ended too late");
  }
  testbed::set_ipv4_sysctl("tcp_orphan_retries", usual);
  std::cout << table;
}

}  // namespace closelab::hostile
