// The wall clock jumps, as NTP, an administrator or a suspended machine make it jump. Timeouts, waits and the order of
// events go by the steady clock; the wall clock is for texts alone.

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "closelab/server.h"
#include "tests/hostile/story.h"
#include "tests/hostile/system_calls.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;
using Clock = std::chrono::steady_clock;

constexpr int requests = 20;

/// Back and forth by a year, until the end of scope.
class Jumping {
 public:
  ~Jumping() {
    thread_.request_stop();
    thread_.join();
    shift_wall_clock(0s);
  }
  std::size_t count() const { return count_; }
  void await_next() const { count_.wait(count_); }

 private:
  void run(const std::stop_token& stop) {
    constexpr std::chrono::seconds year = 365 * 24h;
    while (!stop.stop_requested()) {
      shift_wall_clock(++count_ % 2 == 0 ? year : -year);
      count_.notify_all();
      loopback::pause(5ms);
    }
  }

  std::atomic<std::size_t> count_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

std::string text_of(Clock::duration time) {
  return std::to_string(std::chrono::round<std::chrono::milliseconds>(time).count()) + " ms";
}

/// One request per connection, and all connections at once: only their times can tell the order.
bool requests_are_in_order(Server& server, const Jumping& jumping) {
  std::vector<Client> clients;
  for (int i = 0; i < requests; ++i) {
    clients.emplace_back(server).exchange(loopback::get("/" + std::to_string(i)));
    jumping.await_next();
  }
  const std::vector<RequestRecord> all = server.requests();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].target != "/" + std::to_string(i)) return false;
  }
  return all.size() == requests;
}

/// How long an idle connection lived, what a wait for nothing took, and a stop with a request that never ends.
struct Times {
  Clock::duration idle{};
  Clock::duration wait{};
  Clock::duration stop{};
};

Times measure(Server& server) {
  const auto timed = [](auto action) {
    const auto start = Clock::now();
    action();
    return Clock::now() - start;
  };
  Times times;
  Client idle(server);
  idle.exchange(loopback::get("/0"));
  times.idle = timed([&] { idle.receives_fin(); });
  idle.close();
  times.wait = timed([&] { server.wait_closed(1'000'000, 200ms); });
  Client endless(server);
  endless.send(loopback::get("/never"));
  server.wait_accepted(0ms);
  times.stop = timed([&] { server.stop(300ms); });
  return times;
}

bool is_about(Clock::duration time, Clock::duration wanted) { return time > wanted - 20ms && time < wanted + 2s; }

}  // namespace

void jumping_clock(const Scale&, Findings& findings) {
  Options options;
  options.timeouts.idle_timeout = 300ms;
  Server server(options);
  server.handle("/*", [](const Request&) { return Response{}; });
  server.handle("/never", [](const Request&) { return Response{.delay = 10min}; });
  const Jumping jumping;
  const bool in_order = requests_are_in_order(server, jumping);
  const Times times = measure(server);
  std::cout << "  " << jumping.count() << " jumps; idle_timeout 300 ms took " << text_of(times.idle)
            << ", a wait of 200 ms " << text_of(times.wait) << ", a grace of 300 ms " << text_of(times.stop)
            << "; requests are " << (in_order ? "" : "NOT ") << "in order\n";
  findings.expect(jumping.count() > 10, "the clock did not jump");
  findings.expect(in_order, "requests() is in the order of the wall clock");
  findings.expect(is_about(times.idle, 300ms), "idle_timeout");
  findings.expect(is_about(times.wait, 200ms), "wait_closed");
  findings.expect(is_about(times.stop, 300ms), "the grace of stop");
}

}  // namespace closelab::hostile
