// Everything at once, again and again: clients that behave at random, rules that change a hundred times a second, those
// who wait, commands, calls and allocations that fail, a wall clock that jumps, and then a stop and a new server. What
// holds all the time: accepted = settled + open. And at each end: nothing is open, no descriptor and no thread is left,
// and memory is what it was.

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "closelab/server.h"
#include "net/socket/socket_address.h"
#include "tests/hostile/chaos_admin.h"
#include "tests/hostile/failing_allocations.h"
#include "tests/hostile/footprint.h"
#include "tests/hostile/second_witness.h"
#include "tests/hostile/story.h"
#include "tests/hostile/system_calls.h"
#include "tests/hostile/visitor.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using loopback::pause;

constexpr std::size_t visitors = 12;
constexpr std::size_t waiters = 4;
constexpr std::size_t admin_visitors = 3;
constexpr std::chrono::milliseconds life{2000};
constexpr std::int64_t bytes_allowed = 64 * 1024;
// Of chunks that glibc counts as in use while a thread's cache holds them; a sanitizer, which counts exactly, sees
// none.
constexpr std::int64_t bytes_allowed_per_server = 2 * 1024;

struct Tally {
  std::size_t servers = 0;
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::atomic<std::uint64_t> looks = 0;
  std::uint64_t rule_changes = 0;
  std::uint64_t failures = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t memory_limit = 0;
  Compared compared;
};

Options short_of_everything(Random& random) {
  Options options;
  options.listen.address = "0.0.0.0";
  options.reactors = 1 + static_cast<unsigned>(random() % 3);
  options.timeouts = {.idle_timeout = 200ms, .header_timeout = 200ms, .body_timeout = 200ms, .write_timeout = 100ms};
  options.lingering.time = 100ms;
  options.close_times = {.delayed_time = 10ms, .half_time = 50ms, .deferred_time = 20ms};
  options.limits.body_bytes = 64 * 1024;
  options.held_bytes = 200 * 1024;
  options.max_connections = 64;
  options.records_kept = 100;
  options.grace = 500ms;
  if (random() % 4 == 0) options.lookups = Switch::off;
  return options;
}

Rule any_rule(Random& random) {
  Rule rule = at(static_cast<At>(random() % (static_cast<unsigned>(At::next_request) + 1)));
  if (rule.at.at == At::idle) rule.at.after = 20ms;
  switch (random() % 9) {
    case 0:
      return rule.close(static_cast<CloseMode>(random() % 7)).with_probability(0.2);
    case 1:
      return rule.delay(5ms).with_probability(0.2);
    case 2:
      return rule.truncate().with_probability(0.1);
    case 3:
      return rule.answer({.status = 401, .read_body = Switch::off}).with_probability(0.1);
    case 4:
      return rule.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").with_probability(0.1);
    case 5:
      return rule.interim(103, "Link: </x>\r\n", 3).with_probability(0.2);
    case 6:
      return rule.expect({.kind = ExpectAction::Kind::late, .after = 5ms}).with_probability(0.5);
    case 7:
      return rule.announce("close").with_probability(0.2);
    default:
      return rule.slow(1000, 1ms).with_probability(0.1);
  }
}

void command(Server& server, Random& random) {
  switch (random() % 7) {
    case 0:
    case 1:
    case 2:
    case 3:
      close_something(server, random);
      break;
    case 4:
      server.drain();
      break;
    case 5:
      server.undrain();
      break;
    default:
      server.connections();
      break;
  }
}

/// A hundred changes of the rules a second, and commands in between.
void meddle(Server& server, Random& random, Clock::time_point end, Tally& tally) {
  const Spared spared;
  while (Clock::now() < end) {
    std::vector<Rule> rules;
    for (std::uint64_t i = random() % 4; i > 0; --i) rules.push_back(any_rule(random));
    // Not every action makes sense at every moment.
    std::erase_if(rules, [](const Rule& rule) { return !error_of(rule).empty(); });
    try {
      server.set_rules(std::move(rules));
      ++tally.rule_changes;
      if (random() % 5 == 0) command(server, random);
    } catch (const std::bad_alloc&) {
      // A command that ran out of memory on a reactor's thread tells who gave it.
    }
    pause(10ms);
  }
}

void visit(const Server& server, Random& random, Clock::time_point end) {
  const Spared spared;
  while (Clock::now() < end) {
    const auto choice = behaviours();
    const Endpoint address = *net::parse_address("127.0.0." + std::to_string(1 + random() % 100), server.port());
    play(choice[random() % choice.size()], address, random);
  }
}

/// Waits for whatever comes, and looks whether the books are right.
void wait(Server& server, Random& random, Clock::time_point end, Tally& tally, std::atomic<bool>& wrong) {
  const Spared spared;
  while (Clock::now() < end) {
    switch (random() % 3) {
      case 0:
        server.wait_closed(20ms);
        break;
      case 1:
        server.wait_idle(20ms);
        break;
      default:
        server.wait_accepted(20ms);
        break;
    }
    const Counts counts = server.counts();
    if (counts.accepted != counts.settled + counts.open) wrong = true;
    if (counts.open != counts.idle + counts.active + counts.closing) wrong = true;
    ++tally.looks;
  }
}

/// The kernel refuses, memory is short, the wall clock jumps; in turn, with some rest.
void starve(Random& random, Clock::time_point end, Tally& tally) {
  constexpr std::array cases{std::pair{Call::accept4, EMFILE}, std::pair{Call::accept4, ENOBUFS},
                             std::pair{Call::recv, ENOMEM},    std::pair{Call::send, ENOBUFS},
                             std::pair{Call::send, 0},         std::pair{Call::epoll_ctl, ENOSPC},
                             std::pair{Call::sendto, ENOBUFS}, std::pair{Call::recvmmsg, ENOBUFS}};
  while (Clock::now() < end) {
    if (random() % 2 == 0) {
      const auto& [call, error] = cases[random() % cases.size()];
      const FailingCalls failing(call, error, 5);
      pause(20ms);
      tally.failures += failing.count();
    } else {
      const FailingAllocation failing(1 + random() % 200, 1 + random() % 20);
      pause(20ms);
      if (failing.has_failed()) ++tally.failures;
    }
    shift_wall_clock(std::chrono::seconds(static_cast<std::int64_t>(random() % 100'000'000) - 50'000'000));
    pause(10ms);
  }
  shift_wall_clock(0s);
}

void check_end(Server& server, const StopReport& report, Tally& tally, Findings& findings) {
  const Counts counts = server.counts();
  findings.expect(counts.open == 0 && counts.accepted == counts.settled, "chaos: a record is left open after the stop");
  findings.expect(report.duration < 10s, "chaos: a stop took " + std::to_string(report.duration.count()) + " ms");
  tally.accepted += counts.accepted;
  tally.requests += counts.requests;
  server.each_connection([&](const ConnectionRecord& record) {
    findings.expect(record.phase == Phase::settled, "chaos: a record has not settled");
    tally.out_of_memory += record.close_reason == CloseReason::out_of_memory;
    tally.memory_limit += record.close_reason == CloseReason::memory_limit;
  });
}

/// Those who come to a server while it lives. Most of them never know what is going on.
void crowd(Server& server, ChaosAdmin& admin, Random& random, Tally& tally, std::atomic<bool>& wrong,
           std::vector<std::jthread>& running) {
  const Clock::time_point end = Clock::now() + life;
  for (std::size_t i = 0; i < visitors; ++i)
    running.emplace_back([&server, end, own = Random(random())]() mutable { visit(server, own, end); });
  for (std::size_t i = 0; i < waiters; ++i)
    running.emplace_back(
        [&server, end, &tally, &wrong, own = Random(random())]() mutable { wait(server, own, end, tally, wrong); });
  for (std::size_t i = 0; i < admin_visitors; ++i) {
    running.emplace_back([&admin, end, own = Random(random())]() mutable {
      const Spared spared;
      admin.visit(own, end);
    });
  }
  running.emplace_back([&server, end, &tally, own = Random(random())]() mutable { meddle(server, own, end, tally); });
  running.emplace_back([end, &tally, own = Random(random())]() mutable {
    const Spared spared;
    starve(own, end, tally);
  });
}

void note(Tally& tally, const Compared& compared) {
  tally.compared.records += compared.records;
  tally.compared.answers += compared.answers;
  tally.compared.undetermined += compared.undetermined;
  tally.compared.wrong += compared.wrong;
}

void live(Random& random, Tally& tally, Findings& findings) {
  kernel_test::Sniffer sniffer([] { return std::make_shared<Spared>(); });
  ChaosAdmin admin;
  Server server(admin.attach(short_of_everything(random)));
  serve_visitors(server);
  admin.open(server);
  std::atomic<bool> wrong = false;
  {
    std::vector<std::jthread> running;
    crowd(server, admin, random, tally, wrong, running);
    // A stop comes while everything goes on, or when only those are left who wait for an end.
    pause(random() % 2 == 0 ? life / 2 : life);
    check_end(server, server.stop(), tally, findings);
  }
  findings.expect(!wrong, "chaos: accepted is not settled + open");
  admin.close();
  note(tally, compare(server, sniffer, findings));
  ++tally.servers;
}

}  // namespace

void chaos(const Scale& scale, Findings& findings) {
  const Spared spared;
  Random random(scale.seed);
  Tally tally;
  live(random, tally, findings);  // what is made once in a process
  const Footprint before = Footprint::now();
  for (const auto end = Clock::now() + scale.mixed; Clock::now() < end;) live(random, tally, findings);
  const Footprint more = Footprint::now() - before;
  std::cout << "  " << tally.servers << " servers, " << tally.accepted << " connections, " << tally.requests
            << " requests, " << tally.rule_changes << " changes of rules, " << tally.failures
            << " failures, of the last records " << tally.out_of_memory << " out of memory, " << tally.memory_limit
            << " beyond held_bytes; the books were looked at " << tally.looks << " times\n  " << tally.compared.records
            << " records compared with their packets: of " << tally.compared.answers << " answers "
            << tally.compared.wrong << " wrong, " << tally.compared.undetermined
            << " undetermined\n  more than before: " << more.text() << '\n';
  findings.expect(more.descriptors == 0, "chaos: descriptors were left");
  findings.expect(more.threads == 0, "chaos: threads were left");
  findings.expect(more.bytes < bytes_allowed + static_cast<std::int64_t>(tally.servers) * bytes_allowed_per_server,
                  "chaos: memory was left");
}

}  // namespace closelab::hostile
