// Many connections, and clients that behave at random while commands act on the server: at the end no descriptor, no
// thread, no memory is left, every connection has settled, and the ledger holds what it may and tells what it dropped.

#include <array>
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "closelab/server.h"
#include "net/socket/socket_address.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/visitor.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t visitors = 16;
constexpr std::size_t records_kept = 500;
// What the reactors keep for the next requests: up to 64 times two buffers and a body each, all of 64 KiB.
constexpr std::int64_t pooled_bytes = std::int64_t{2} * 64 * 3 * 64 * 1024;
constexpr std::int64_t bytes_allowed = 64 * 1024;

Options short_of_patience() {
  Options options;
  options.listen.address = "0.0.0.0";
  options.reactors = 2;
  options.timeouts = {.idle_timeout = 200ms, .header_timeout = 200ms, .body_timeout = 200ms, .write_timeout = 100ms};
  options.lingering.time = 100ms;
  options.close_times = {.delayed_time = 10ms, .half_time = 50ms, .deferred_time = 20ms};
  options.limits.body_bytes = 64 * 1024;
  options.records_kept = records_kept;
  return options;
}

/// One of many addresses of the server, so that ports in TIME_WAIT don't run out.
Endpoint address_of(const Server& server, Random& random) {
  return *net::parse_address("127.0.0." + std::to_string(1 + random() % 100), server.port());
}

void visit(const Server& server, std::span<const Behaviour> choice, Random& random) {
  play(choice[random() % choice.size()], address_of(server, random), random);
}

/// Everything that can be asked of a server or done to it, at random.
void meddle(Server& server, Random& random) {
  switch (random() % 8) {
    case 0:
    case 1:
    case 2:
    case 3:
      close_something(server, random);
      break;
    case 4:
      server.add_rule(at(At::next_request).close(CloseMode::abortive).once());
      break;
    case 5:
      server.set_rules({});
      break;
    case 6:
      server.connections();
      break;
    default:
      server.requests();
      break;
  }
}

struct Result {
  Counts counts;
  bool settled = false;
  /// While the server still serves, and when it is gone.
  Footprint serving;
  Footprint after;
};

void report(const std::string& what, const Result& result, std::chrono::seconds time, Findings& findings) {
  const Counts& counts = result.counts;
  const std::uint64_t kept = counts.settled - counts.records_dropped;
  std::cout << "  " << counts.accepted << " connections, " << counts.requests << " requests in " << time.count()
            << " s; records: " << counts.open << " open, " << kept << " kept, " << counts.records_dropped
            << " dropped\n  more than before: " << result.serving.text() << "; without the server "
            << result.after.text() << '\n';
  findings.expect(result.settled && counts.settled == counts.accepted, what + ": a connection did not settle");
  findings.expect(kept == records_kept, what + ": the ledger does not hold what it should");
  for (const Footprint& more : {result.serving, result.after}) {
    findings.expect(more.descriptors == 0, what + ": descriptors were left");
    findings.expect(more.threads == 0, what + ": threads were left");
  }
  findings.expect(result.serving.bytes < pooled_bytes, what + ": the server's memory grows");
  findings.expect(result.after.bytes < bytes_allowed, what + ": memory was left");
}

/// The same behaviour of so many clients that all records are alike, so that what the ledger holds does not count.
void fill_ledger(Server& server, Random& random) {
  const Behaviour& usual = quick_behaviours().back();
  for (std::size_t i = 0; i < records_kept; ++i) play(usual, address_of(server, random), random);
  await_all_settled(server, 20s);
}

template <class Load>
Result soak_once(Random& random, Load load) {
  Result result;
  const Footprint before = Footprint::now();
  {
    Server server(short_of_patience());
    serve_visitors(server);
    fill_ledger(server, random);
    const Footprint serving = Footprint::now();
    load(server, random);
    fill_ledger(server, random);
    result.serving = Footprint::now() - serving;
    result.settled = server.counts().open == 0;
    result.counts = server.counts();
  }
  result.after = Footprint::now() - before;
  return result;
}

/// Once for what is made once in a process.
template <class Load>
Result soak(std::uint64_t seed, Load load) {
  Random random(seed);
  soak_once(random, [](Server& server, Random& own) {
    for (const Behaviour& each : behaviours()) play(each, address_of(server, own), own);
  });
  return soak_once(random, load);
}

std::chrono::seconds since(Clock::time_point start) {
  return std::chrono::round<std::chrono::seconds>(Clock::now() - start);
}

/// At the same time: the visitors, and if wanted who meddles. Each has its own chance.
template <class Part>
void together(std::size_t parts, Random& random, Part part) {
  std::vector<Random> own;
  for (std::size_t i = 0; i < parts; ++i) own.emplace_back(random());
  in_parallel(
      parts, [&](std::size_t i) { part(i, own[i]); }, parts);
}

void meddle_until(Server& server, Random& random, Clock::time_point end) {
  while (Clock::now() < end) {
    meddle(server, random);
    loopback::pause(1ms);
  }
  server.release();
  server.set_rules({});
}

}  // namespace

void cycles(const Scale& scale, Findings& findings) {
  const auto start = Clock::now();
  const Result result = soak(scale.seed, [&](Server& server, Random& random) {
    together(visitors, random, [&](std::size_t visitor, Random& own) {
      for (std::size_t i = visitor; i < scale.cycles; i += visitors) visit(server, quick_behaviours(), own);
    });
  });
  report("cycles", result, since(start), findings);
}

void mixed(const Scale& scale, Findings& findings) {
  const auto start = Clock::now();
  const Result result = soak(scale.seed, [&](Server& server, Random& random) {
    const auto end = Clock::now() + scale.mixed;
    together(visitors + 1, random, [&](std::size_t part, Random& own) {
      if (part == visitors) return meddle_until(server, own, end);
      while (Clock::now() < end) visit(server, behaviours(), own);
    });
  });
  report("mixed", result, since(start), findings);
}

}  // namespace closelab::hostile
