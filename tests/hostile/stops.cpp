// stop() at a random moment of a busy server: no response that has begun is cut, nobody is held up, and it is over well
// within the grace time. What does hold a stop up, and how it is named: tests/loopback/stop_test.cpp.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "closelab/server.h"
#include "tests/hostile/response.h"
#include "tests/hostile/story.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr auto grace = 10s;
// More than the kernels' buffers take, so that the server is still at it when it is told to stop.
constexpr std::size_t large = 6'000'000;

struct Tally {
  std::atomic<std::size_t> complete = 0;
  /// The stop came first: not a byte of the response.
  std::atomic<std::size_t> unanswered = 0;
  std::atomic<std::size_t> cut = 0;
  /// By the server's account: a handler had the request, and the response was not sent in full.
  std::size_t abandoned = 0;
};

/// One kind of client: what it sends, and its receive buffer.
struct Habit {
  std::string request;
  int receive_buffer = 0;
};

const std::array<Habit, 6>& habits() {
  static const std::array<Habit, 6> all{
      Habit{loopback::get("/")},
      Habit{loopback::get("/", "Connection: close\r\n")},
      Habit{loopback::post("/", std::string(20'000, 'x'))},
      Habit{loopback::get("/large")},
      Habit{loopback::get("/large"), 16 * 1024},
      Habit{loopback::get("/later")},
  };
  return all;
}

void count(const std::string& response, Tally& tally) {
  ++(is_complete(response) ? tally.complete : response.empty() ? tally.unanswered : tally.cut);
}

/// Requests on one connection after the other, until the server is gone.
void keep_busy(const Endpoint& server, const Habit& habit, std::counting_semaphore<>& served, Tally& tally) {
  try {
    while (true) {
      Client client(server, habit.receive_buffer);
      for (int i = 0; i < 3; ++i) {
        if (client.try_send(habit.request).error != 0) break;
        const std::string response = receive_response(client);
        count(response, tally);
        served.release();
        if (!is_complete(response)) break;
      }
    }
  } catch (const std::exception&) {
    served.release();  // it can't be reached any more
  }
}

void serve(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/large", [](const Request&) { return Response{.body = std::string(large, 'x')}; });
  server.handle("/later", [](const Request&) { return Response{.body = "late", .delay = 2ms}; });
}

StopReport stop_at(std::chrono::microseconds moment, unsigned reactors, Tally& tally) {
  Options options;
  options.reactors = reactors;
  Server server(options);
  serve(server);
  std::counting_semaphore<> served(0);
  std::vector<std::jthread> clients;
  for (const Habit& habit : habits()) {
    clients.emplace_back([&] { keep_busy(server.endpoint(), habit, served, tally); });
  }
  served.acquire();
  std::this_thread::sleep_for(moment);
  StopReport report = server.stop(grace);
  const auto is_abandoned = [](const RequestRecord& request) {
    return request.seen_by == SeenBy::handler && request.answered_at.count() == 0;
  };
  server.each_connection([&](const ConnectionRecord& record) {
    tally.abandoned += static_cast<std::size_t>(std::ranges::count_if(record.requests, is_abandoned));
  });
  return report;
}

}  // namespace

void stops(const Scale& scale, Findings& findings) {
  std::mt19937_64 random(scale.seed);
  Tally tally;
  std::size_t held_up = 0;
  std::chrono::milliseconds longest{};
  for (std::size_t i = 0; i < scale.tries; ++i) {
    const std::chrono::microseconds moment(random() % 10'000);
    const StopReport report = stop_at(moment, 1 + static_cast<unsigned>(i % 2), tally);
    held_up += report.held_up.size();
    longest = std::max(longest, report.duration);
  }
  std::cout << "  " << scale.tries << " stops: " << tally.complete << " responses complete, " << tally.cut << " cut, "
            << tally.unanswered << " requests unanswered, of which a handler had " << tally.abandoned << "; " << held_up
            << " connections held a stop up; the longest took " << longest.count() << " ms\n";
  findings.expect(tally.complete > 0, "nothing was served");
  findings.expect(tally.cut == 0, "a response that had begun was cut by the stop");
  findings.expect(tally.abandoned == 0, "a request that a handler had was not answered");
  findings.expect(held_up == 0, "a stop was held up by clients that read");
  findings.expect(longest < grace, "a stop took its whole grace time");
}

}  // namespace closelab::hostile
