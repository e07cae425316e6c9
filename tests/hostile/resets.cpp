// The client resets the connection when it has sent 0, 1, 2... bytes of its requests, or has received so many of the
// responses, in every close mode. Each connection ends, each record settles, no descriptor is left. What the verdicts
// are is the matter of kernel_test and faults_test.

#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::array modes{CloseMode::lingering, CloseMode::immediate, CloseMode::abortive, CloseMode::delayed,
                           CloseMode::half,      CloseMode::deferred,  CloseMode::never};
constexpr std::size_t large = 1 << 20;

/// Three requests on a connection: with a body, for a large response, and the one that ends it.
std::string conversation() {
  return loopback::post("/echo", "some body") + loopback::get("/large") + loopback::get("/", "Connection: close\r\n");
}

void reset_after_sending(const Endpoint& server, std::size_t bytes) {
  Client client(server);
  client.try_send(conversation().substr(0, bytes));
  client.reset();
}

void reset_after_receiving(const Endpoint& server, std::size_t bytes) {
  Client client(server, 16 * 1024);
  client.try_send(conversation());
  for (std::size_t received = 0; received < bytes;) {
    const loopback::Received step = client.receive_some();
    if (step.bytes.empty()) break;
    received += step.bytes.size();
  }
  client.reset();
}

/// After so many bytes of the responses: the heads byte by byte, the large body in steps.
std::vector<std::size_t> moments_of_responses() {
  std::vector<std::size_t> moments;
  for (std::size_t bytes = 1; bytes < 200; bytes += 7) moments.push_back(bytes);
  for (std::size_t bytes = 1024; bytes <= large; bytes += large / 16) moments.push_back(bytes);
  return moments;
}

Options options_of(CloseMode mode) {
  Options options;
  options.close_mode = mode;
  options.close_times = {.delayed_time = 20ms, .half_time = 100ms, .deferred_time = 50ms};
  options.records_kept = 100'000;
  return options;
}

std::size_t reset_at_every_moment(const Endpoint& server) {
  const std::size_t sending = conversation().size() + 1;
  const std::vector<std::size_t> receiving = moments_of_responses();
  in_parallel(sending + receiving.size(), [&](std::size_t i) {
    try {
      i < sending ? reset_after_sending(server, i) : reset_after_receiving(server, receiving[i - sending]);
    } catch (const std::exception&) {
      // A mode that resets, too, may have been faster: the client then has nothing left to do.
    }
  });
  return sending + receiving.size();
}

}  // namespace

void resets(const Scale&, Findings& findings) {
  Table table({"close mode", "moments", "settled", "peer_reset", "descriptors leaked"});
  for (const CloseMode mode : modes) {
    Server server(options_of(mode));
    server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
    server.handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
    server.handle("/large", [](const Request&) { return Response{.body = std::string(large, 'x')}; });
    const Footprint before = Footprint::now();
    const std::size_t moments = reset_at_every_moment(server.endpoint());
    const bool settled = await_all_settled(server, 20s);
    const std::int64_t left = (Footprint::now() - before).descriptors;
    const std::string name(to_string(mode));
    table.add({name, std::to_string(moments), std::to_string(server.counts().settled),
               std::to_string(count_ended(server, CloseReason::peer_reset)), std::to_string(left)});
    findings.expect(settled && server.counts().settled == moments, name + ": a connection did not settle");
    findings.expect(left == 0, name + ": a descriptor was left open");
  }
  std::cout << table;
}

}  // namespace closelab::hostile
