// Rules that are replaced all the time while connections look through them and others list them: whoever reads them has
// them for as long as it reads. A sanitizer sees when not.

#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

#include "closelab/server.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/story.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

constexpr std::size_t requests = 2000;

/// Rules that match every request and change nothing that a client sees.
std::vector<Rule> harmless_rules() { return std::vector<Rule>(50, at_idle(std::chrono::hours(1)).close()); }

bool is_served(const Server& server) {
  try {
    return loopback::Client(server).exchange(loopback::get("/")).status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

void rule_changes(const Scale&, Findings& findings) {
  Server server;
  server.handle("/", [](const Request&) { return Response{}; });
  std::atomic<std::size_t> served = 0;
  std::atomic<std::size_t> changes = 0;
  {
    const std::jthread changing([&](const std::stop_token& stop) {
      for (; !stop.stop_requested(); ++changes) server.set_rules(harmless_rules());
    });
    in_parallel(requests, [&](std::size_t) {
      server.unused_rules();
      served += is_served(server);
    });
  }
  std::cout << "  " << served << " of " << requests << " requests served while rules changed " << changes << " times\n";
  findings.expect(served == requests, "a request was not served");
}

}  // namespace closelab::hostile
