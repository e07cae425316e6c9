// Every allocation of a server, and every system call of it with every errno that it may give, fails once: at its
// start, while it serves, while connections end, and at its stop. Nothing but the connection concerned may suffer, or
// the start is refused with an exception; what was accepted settles, and no descriptor or thread is left.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "closelab/server.h"
#include "tests/hostile/failing_allocations.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/system_calls.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;
using loopback::get;
using loopback::post;

constexpr std::size_t large = 300'000;
constexpr std::size_t most_in_a_row = 5;

/// A life of a server: how it is made, and what a client does. True when the client got everything.
struct Scene {
  const char* name;
  void (*set)(Options&);
  bool (*play)(const Endpoint&);
};

void defaults(Options&) {}

bool keeps_alive(const Endpoint& server) {
  Client client(server);
  const bool first = client.exchange(get("/")).status == 200;
  return client.exchange(get("/")).status == 200 && first;
}

bool uploads(const Endpoint& server) {
  Client client(server);
  const std::string body(100'000, 'x');
  return client.exchange(post("/echo", body, "Connection: close\r\n")).body == body && client.receives_fin();
}

bool downloads(const Endpoint& server) {
  Client client(server, 8192);
  const bool whole = client.exchange(get("/large")).body.size() == large;
  return client.exchange(get("/pieces", "Connection: close\r\n")).body.size() == large && whole;
}

bool waits(const Endpoint& server) {
  Client client(server);
  const bool later = client.exchange(get("/later")).body == "later";
  return client.exchange(get("/delayed")).body == "delayed" && later;
}

bool errs(const Endpoint& server) {
  Client client(server);
  return client.exchange("GET / HTTP/1.1\r\n\r\n").status == 400 && client.receives_fin();
}

bool is_closed_on(const Endpoint& server) {
  Client client(server);
  return client.exchange(get("/", "Connection: close\r\n")).status == 200;
}

bool is_reset(const Endpoint& server) {
  Client client(server);
  client.send(get("/abortive"));
  return client.receive_to_end().error == ECONNRESET;
}

bool leaves(const Endpoint& server) {
  Client client(server);
  client.send(get("/later"));
  client.reset();
  return true;
}

constexpr std::array moments{At::accept,          At::request_headers,  At::expect,        At::request_body,
                             At::before_response, At::response_headers, At::response_body, At::response_wire,
                             At::after_response,  At::next_request};

/// A pause at each moment, on a connection of its own, and a speech there.
void interrupted(Options& options) {
  for (std::size_t i = 0; i < moments.size(); ++i) {
    options.rules.push_back(at(moments[i]).delay(1ms).on_connection(i + 1));
    options.rules.push_back(at(moments[i]).send("x").on_connection(i + 1));
  }
}

/// What rules said may have spoilt every answer.
bool is_interrupted(const Endpoint& server) {
  for (std::size_t i = 0; i < moments.size(); ++i) {
    Client client(server);
    client.try_send(post("/echo", "body", "Expect: 100-continue\r\n") + get("/delayed", "Connection: close\r\n"));
    client.receive_to_end();
  }
  return true;
}

constexpr std::array scenes{
    Scene{"two requests", defaults, keeps_alive},
    Scene{"upload", [](Options& o) { o.reactors = 2; }, uploads},
    Scene{"downloads", defaults, downloads},
    Scene{"late answers", defaults, waits},
    Scene{"bad request", defaults, errs},
    Scene{"close at once", [](Options& o) { o.close_mode = CloseMode::immediate; }, is_closed_on},
    Scene{"timed SO_LINGER",
          [](Options& o) {
            o.close_mode = CloseMode::immediate;
            o.socket.linger = 1s;
          },
          is_closed_on},
    Scene{"abortive close", defaults, is_reset},
    Scene{"client resets", defaults, leaves},
    Scene{"rules",
          [](Options& o) {
            o.rules = {at_response_body(2).delay(1ms), at(At::accept).delay(1ms), at_idle(1h).close()};
          },
          keeps_alive},
    Scene{"pauses and speeches", interrupted, is_interrupted},
    Scene{"no lookups", [](Options& o) { o.lookups = Switch::off; }, uploads},
    Scene{"one connection too many", [](Options& o) { o.max_connections = 1; },
          [](const Endpoint& server) {
            Client first(server);
            const bool served = first.exchange(get("/")).status == 200;
            return Client(server).receive_reply().status == 503 && served;
          }},
};

void add_handlers(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
  server.handle("/large", [](const Request&) { return Response{.body = std::string(large, 'x')}; });
  server.handle("/abortive", [](const Request&) { return Response{.close_mode = CloseMode::abortive}; });
  server.handle("/delayed", [](const Request&) { return Response{.body = "delayed", .delay = 1ms}; });
  server.handle("/pieces", [](const Request&) {
    return Response{.body_source = [left = large](std::string& to, std::size_t most) mutable {
      const std::size_t size = std::min(left, most);
      to.append(size, 'x');
      left -= size;
    }};
  });
  server.handle_async("/later", [](Responder responder) {
    std::thread([responder = std::move(responder)] {
      const Spared spared;
      responder.send({.body = "later"});
    }).detach();
  });
}

enum class Outcome : std::uint8_t { nothing_lost, connection_lost, not_started };
constexpr std::array outcome_names{"nothing lost", "a connection lost", "start refused"};

struct Run {
  bool has_failed = false;
  Outcome outcome = Outcome::nothing_lost;
  std::string wrong;
};

bool plays(const Scene& scene, const Endpoint& server) try {
  return scene.play(server);
} catch (const std::exception&) {
  return false;
}

/// Several failures in a row may cost as many clients.
bool is_served_again(const Endpoint& server) {
  for (std::size_t i = 0; i <= most_in_a_row; ++i)
    if (plays(scenes.front(), server)) return true;
  return false;
}

/// One life under `failing`.
template <class Failing>
Run live(const Scene& scene, const Failing& failing) {
  Run run;
  std::unique_ptr<Server> server;
  try {
    Options options;
    scene.set(options);
    server = std::make_unique<Server>(std::move(options));
    const Spared spared;
    add_handlers(*server);
  } catch (const std::exception&) {
    run.outcome = Outcome::not_started;
  }
  if (server != nullptr) {
    bool played = false;
    {
      const Spared spared;
      played = plays(scene, server->endpoint());
      if (!await_all_settled(*server, 20s)) run.wrong = "a connection did not settle";
      if (failing.has_failed() && scene.play != scenes.back().play && !is_served_again(server->endpoint()))
        run.wrong = "who came afterwards was not served";
      if (!played) run.outcome = Outcome::connection_lost;
      if (!played && !failing.has_failed()) run.wrong = "not played as it should be";
    }
    server->stop();
    const Spared spared;
    const Counts counts = server->counts();
    if (counts.open != 0 || counts.accepted != counts.settled) run.wrong = "a record is left open";
  }
  run.has_failed = failing.has_failed();
  return run;
}

struct Sum {
  std::size_t places = 0;
  std::array<std::size_t, outcome_names.size()> outcomes{};

  std::vector<std::string> columns() const {
    std::vector<std::string> all{std::to_string(places)};
    for (const std::size_t count : outcomes) all.push_back(std::to_string(count));
    return all;
  }
};

/// A thread that has answered may be on its way out.
Footprint what_is_left(const Footprint& before) {
  for (int look = 0; look < 1000 && (Footprint::now() - before).threads > 0; ++look) loopback::pause(1ms);
  return Footprint::now() - before;
}

/// Every `step`-th place, until there is none. `fail_at`: what makes the n-th fail, while it lives.
template <class FailAt>
void fail_everywhere(const Scene& scene, const std::string& what, std::size_t first, std::size_t step, Sum& sum,
                     Findings& findings, FailAt fail_at) {
  for (std::size_t n = first;; n += step) {
    const Footprint before = Footprint::now();
    Run run;
    {
      const auto failing = fail_at(n);
      run = live(scene, failing);
    }
    const Footprint more = what_is_left(before);
    const std::string where = std::string(scene.name) + ", " + what + ", " + std::to_string(n) + ": ";
    findings.expect(run.wrong.empty(), where + run.wrong);
    findings.expect(more.descriptors == 0, where + std::to_string(more.descriptors) + " descriptors are left");
    findings.expect(more.threads <= 0, where + std::to_string(more.threads) + " threads are left");
    if (!run.has_failed) return;
    ++sum.places;
    ++sum.outcomes[static_cast<std::size_t>(run.outcome)];
  }
}

std::vector<std::string> row(std::vector<std::string> first, const Sum& sum) {
  for (std::string& column : sum.columns()) first.push_back(std::move(column));
  return first;
}

std::vector<std::string> heading(std::vector<std::string> first) {
  first.emplace_back("places");
  for (const char* name : outcome_names) first.emplace_back(name);
  return first;
}

struct Failure {
  const char* call;
  std::vector<int> errors;
};

/// What their manual pages name that the kernel can give a server that is right.
const std::vector<Failure>& failures() {
  static const std::vector<Failure> all{
      {"socket", {EMFILE, ENFILE, ENOBUFS, EACCES}},
      {"bind", {EADDRINUSE, EACCES, EADDRNOTAVAIL}},
      {"listen", {EADDRINUSE}},
      {"epoll_create1", {EMFILE, ENOMEM}},
      {"eventfd", {EMFILE, ENOMEM}},
      {"timerfd_create", {EMFILE, ENOMEM}},
      {"pthread_create", {EAGAIN}},
      {"epoll_ctl", {ENOSPC, ENOMEM}},
      {"epoll_wait", {EINTR}},
      {"accept4", {EMFILE, ENFILE, ENOBUFS, ECONNABORTED, EINTR, EPERM, EPROTO}},
      {"recv", {EINTR, ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH}},
      {"send", {EINTR, ECONNRESET, EPIPE, ENOBUFS, ETIMEDOUT}},
      {"sendmsg", {EINTR, ECONNRESET, EPIPE, ENOBUFS}},
      {"shutdown", {ENOTCONN, ENOBUFS}},
      {"close", {EINTR, EIO}},
      {"connect", {EINTR}},
      {"setsockopt", {ENOMEM, EINVAL}},
      {"getsockopt", {ENOBUFS, ENOPROTOOPT}},
      {"getsockname", {ENOBUFS}},
      {"ioctl", {EINVAL}},
      {"sendto", {EINTR, ENOBUFS, ECONNREFUSED}},
      {"recvmmsg", {EINTR, ENOBUFS, EAGAIN}},
  };
  return all;
}

}  // namespace

void failing_memory(const Scale& scale, Findings& findings) {
  Table table(heading({"scene", "in a row"}));
  for (const Scene& scene : scenes) {
    for (const std::size_t times : {std::size_t{1}, most_in_a_row}) {
      Sum sum;
      fail_everywhere(scene, "allocation", 1 + scale.seed % scale.place_step, scale.place_step, sum, findings,
                      [&](std::size_t n) { return FailingAllocation(n, times); });
      table.add(row({scene.name, std::to_string(times)}, sum));
    }
  }
  std::cout << table;
}

/// In ./check each errno has one scene, another in every run; all of them have all.
void each_call(const Scale& scale, Findings& findings) {
  Table table(heading({"call", "errno"}));
  std::size_t turn = scale.seed % scenes.size();
  for (const Failure& failure : failures()) {
    for (const int error : failure.errors) {
      Sum sum;
      const auto all = std::span(scenes);
      const auto chosen = scale.place_step == 1 ? all : all.subspan(turn++ % scenes.size(), 1);
      for (const Scene& scene : chosen) {
        fail_everywhere(scene, std::string(failure.call) + ' ' + ::strerrorname_np(error), 1, 1, sum, findings,
                        [&](std::size_t n) { return FailingCall(failure.call, error, n); });
      }
      if (scale.place_step == 1) findings.expect(sum.places > 0, std::string(failure.call) + ": no such call");
      table.add(row({failure.call, ::strerrorname_np(error)}, sum));
    }
  }
  std::cout << table;
}

}  // namespace closelab::hostile
