#include "tests/hostile/service.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using Clock = std::chrono::steady_clock;

std::string in_milliseconds(std::chrono::microseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(time.count()) / 1000);
  return text;
}

bool is_served(const Endpoint& server) {
  try {
    loopback::Client client(server);
    return client.exchange(loopback::get("/")).status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

void print_open(const Server& server) {
  server.each_connection([](const ConnectionRecord& record) {
    if (record.phase != Phase::settled) std::cout << record << std::endl;
  });
}

}  // namespace

std::string Service::text() const {
  std::string all =
      std::to_string(served) + " served, median " + in_milliseconds(median) + ", worst " + in_milliseconds(worst);
  return failed == 0 ? all : all + ", FAILED " + std::to_string(failed);
}

Service use_service(const Endpoint& server, const std::atomic<bool>& stop) {
  Service service;
  std::vector<std::chrono::microseconds> times;
  do {
    const auto start = Clock::now();
    ++(is_served(server) ? service.served : service.failed);
    times.push_back(std::chrono::round<std::chrono::microseconds>(Clock::now() - start));
    loopback::pause(std::chrono::milliseconds(2));
  } while (!stop);
  std::ranges::sort(times);
  service.median = times[times.size() / 2];
  service.worst = times.back();
  return service;
}

std::size_t count_ended(const Server& server, CloseReason reason) {
  std::size_t count = 0;
  server.each_connection([&](const ConnectionRecord& record) {
    count += record.phase == Phase::settled && record.close_reason == reason;
  });
  return count;
}

/// Nothing tells when the last one has settled; the next to settle does.
bool await_all_settled(Server& server, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (server.counts().open > 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      print_open(server);
      return false;
    }
    server.wait_closed(std::min(left, std::chrono::milliseconds(100)));
  }
  return true;
}

}  // namespace closelab::hostile
