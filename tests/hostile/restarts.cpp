// Servers that are started, used and stopped in one process, one after the other and several at a time, stopped in
// every way there is. Nothing of them stays behind.

#include <array>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "closelab/server.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::int64_t bytes_allowed = 64 * 1024;

void stop_here(Server& server) { server.stop(); }

void stop_elsewhere(Server& server) {
  const std::jthread thread([&] { server.stop(); });
}

void stop_twice_at_once(Server& server) {
  const std::jthread one([&] { server.stop(); });
  const std::jthread other([&] { server.stop(); });
}

void stop_in_a_handler(Server& server) {
  server.handle("/stop", [&](const Request&) {
    server.stop();
    return Response{};
  });
  if (Client(server).exchange(loopback::get("/stop")).status != 200) throw std::runtime_error("/stop was not answered");
}

void leave_it_to_the_destructor(Server&) {}

struct Way {
  const char* name;
  void (*stop)(Server&);
};

constexpr std::array ways{Way{"stop()", stop_here}, Way{"in another thread", stop_elsewhere},
                          Way{"twice at once", stop_twice_at_once}, Way{"in a handler", stop_in_a_handler},
                          Way{"by the destructor", leave_it_to_the_destructor}};

/// Three servers at once, each with some connections that are open when it is stopped.
void start_and_stop(const Way& way) {
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<Client> clients;
  for (unsigned reactors = 1; reactors <= 3; ++reactors) {
    Options options;
    options.reactors = reactors;
    servers.push_back(std::make_unique<Server>(options));
    servers.back()->handle("/", [](const Request&) { return Response{.body = "hello"}; });
    clients.emplace_back(*servers.back());
    if (clients.emplace_back(*servers.back()).exchange(loopback::get("/")).body != "hello") {
      throw std::runtime_error("a server did not serve");
    }
  }
  for (const auto& server : servers) way.stop(*server);
}

}  // namespace

void restarts(const Scale& scale, Findings& findings) {
  Table table({"stopped", "servers", "left behind"});
  for (const Way& way : ways) {
    start_and_stop(way);  // what is made once for the process is made now
    const Footprint before = Footprint::now();
    std::size_t started = 0;
    for (; started * ways.size() < scale.restarts; started += 3) start_and_stop(way);
    const Footprint left = Footprint::now() - before;
    table.add({way.name, std::to_string(started), left.text()});
    findings.expect(left.descriptors == 0 && left.threads == 0 && left.bytes < bytes_allowed,
                    std::string(way.name) + ": something was left behind");
  }
  std::cout << table;
}

}  // namespace closelab::hostile
