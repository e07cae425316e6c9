// More connections than the server allows, or than its process has descriptors for. Whoever is refused is told so,
// whoever has to wait is served as soon as there is room, those who are in are served meanwhile, and the server does
// not spin.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "net/socket/socket_address.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/loopback/child.h"
#include "tests/loopback/client.h"
#include "tests/loopback/process.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::size_t room = 100;
constexpr std::size_t flood = 1000;

Response hello(const Request&) { return {.body = "hello"}; }

/// The status that a client is answered with; 0 when it isn't.
int status_of_exchange(const Endpoint& server) {
  try {
    Client client(server);
    const loopback::Reply reply = client.exchange(loopback::get("/"));
    return reply.status;
  } catch (const std::exception&) {
    return 0;
  }
}

void over_the_limit(Findings& findings) {
  Options options;
  options.max_connections = room;
  options.timeouts.idle_timeout = 10min;
  Server server(options);
  server.handle("/", hello);
  std::vector<Client> inside;
  for (std::size_t i = 0; i < room; ++i) inside.emplace_back(server).exchange(loopback::get("/"));

  std::atomic<std::size_t> refused = 0;
  std::atomic<bool> over = false;
  auto served = std::async(std::launch::async, [&] {
    std::size_t count = 0;
    do {
      for (Client& client : inside) count += client.exchange(loopback::get("/")).status == 200;
    } while (!over);
    return count;
  });
  in_parallel(
      flood, [&](std::size_t) { refused += status_of_exchange(server.endpoint()) == 503; }, 16);
  over = true;
  const std::size_t answered = served.get();
  for (Client& client : inside) client.close();
  const bool emptied = await_all_settled(server, 20s);
  const bool room_again = status_of_exchange(server.endpoint()) == 200;
  std::cout << "  max_connections " << room << ", all taken; of " << flood << " more, " << refused << " got their 503; "
            << answered << " requests of those inside were served meanwhile\n";
  findings.expect(refused == flood, "a client beyond max_connections was not answered 503");
  findings.expect(answered >= room, "those inside were not served");
  findings.expect(emptied && room_again, "there was no room when all had gone");
}

/// In a process with few descriptors: tells its port, then its CPU time whenever it is asked.
void serve_with_few_descriptors(const loopback::Line& line) {
  Options options;
  options.timeouts.idle_timeout = 300ms;
  options.lingering.time = 100ms;
  Server server(options);
  server.handle("/", hello);
  loopback::set_descriptor_limit(room);
  line.say(server.port());
  while (line.hear() != 0) line.say(loopback::cpu_milliseconds());
}

std::int64_t cpu_time_of(const loopback::Child& child) {
  child.line().say(1);
  return child.line().hear();
}

/// None of them closes: only idle_timeout makes room for the next.
void out_of_descriptors(Findings& findings) {
  if (loopback::sanitizer_needs_descriptors) {
    std::cout << "  without descriptors: left out, the sanitizer needs some\n";
    return;
  }
  loopback::Child child(serve_with_few_descriptors);
  const Endpoint server = *net::parse_address("127.0.0.1", static_cast<std::uint16_t>(child.line().hear()));
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 5 * room; ++i) clients.emplace_back(server).send(loopback::get("/"));
  const std::int64_t before = cpu_time_of(child);
  const auto start = std::chrono::steady_clock::now();
  std::size_t served = 0;
  for (Client& client : clients) served += client.receive_reply().status == 200;
  const auto waited = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  const std::int64_t used = cpu_time_of(child) - before;
  for (Client& client : clients) client.close();
  child.line().say(0);
  std::cout << "  " << room << " descriptors, " << clients.size() << " clients that stay: " << served
            << " served within " << waited.count() << " ms, with " << used << " ms of CPU time\n";
  findings.expect(served == clients.size(), "a client starved while descriptors were short");
  findings.expect(used * 2 < waited.count(), "the server spun while descriptors were short");
  findings.expect(child.finish() == 0, "the server without descriptors failed");
}

}  // namespace

void floods(const Scale&, Findings& findings) {
  out_of_descriptors(findings);  // it forks, so before there are threads
  over_the_limit(findings);
}

}  // namespace closelab::hostile
