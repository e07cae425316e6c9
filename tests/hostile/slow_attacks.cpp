// slowhttptest in its four modes, 400 connections each, all at the same time, each against a server of its own with
// short timeouts: a client that behaves is served meanwhile, and every attacker is cut by the timeout meant for it.

#include <atomic>
#include <future>
#include <iostream>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "net/testbed/network.h"
#include "tests/hostile/service.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/support/launch.h"
#include "tests/support/process.h"
#include "tests/support/sanitized.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t connections = 400;
// A server that is held up by an attack answers after its timeouts at best. A sanitizer makes four attacks at once a
// load for the machine.
constexpr auto worst_latency = test::is_sanitized ? 15s : 3s;

struct Attack {
  const char* name;
  std::vector<std::string> flags;
  const char* path;
  CloseReason cut_by;
};

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all{
      {"slow headers (-H)", {"-H"}, "/", CloseReason::header_timeout},
      {"slow body (-B)", {"-B", "-s", "65536"}, "/", CloseReason::body_timeout},
      // The response is far larger than what the kernels take.
      {"slow read (-X)", {"-X", "-w", "64", "-y", "128", "-n", "5", "-z", "32"}, "/large", CloseReason::write_timeout},
      // One request with 1,300 ranges, which are ignored.
      {"ranges (-R)", {"-R", "-a", "1", "-b", "1300"}, "/", CloseReason::request_close},
  };
  return all;
}

Options short_timeouts() {
  Options options;
  options.timeouts = {.idle_timeout = 1s, .header_timeout = 1s, .body_timeout = 1s, .write_timeout = 1s};
  options.lingering.time = 500ms;
  options.records_kept = 100'000;
  return options;
}

std::vector<std::string> command_of(const Attack& attack, const Server& server) {
  std::vector<std::string> command{"slowhttptest", "-v", "0", "-c", std::to_string(connections)};
  for (const char* word : {"-r", "400", "-i", "1", "-l", "9", "-u"}) command.push_back(word);
  command.push_back(server.url(attack.path));
  command.insert(command.end(), attack.flags.begin(), attack.flags.end());
  return command;
}

struct Outcome {
  std::size_t cut = 0;
  Counts counts;
  Service service;
};

Outcome suffer(const Attack& attack) {
  Server server(short_timeouts());
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/large", [](const Request&) {
    return Response{.body_source = [](std::string& to, std::size_t max) { to.append(max, 'x'); }};
  });
  std::atomic<bool> stop = false;
  auto service = std::async(std::launch::async, [&] { return use_service(server.endpoint(), stop); });
  cli::Program program(command_of(attack, server));
  // Its connections have been cut when enough records say so; it may take longer to notice.
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (count_ended(server, attack.cut_by) < connections && std::chrono::steady_clock::now() < deadline) {
    server.wait_closed(100ms);
  }
  stop = true;
  Outcome outcome;
  outcome.service = service.get();
  outcome.cut = count_ended(server, attack.cut_by);
  outcome.counts = server.counts();
  return outcome;
}

}  // namespace

void slow_attacks(const Scale&, Findings& findings) {
  if (persona_test::find_program("slowhttptest").empty()) {
    return findings.left_out("slowhttptest is not installed");
  }
  const std::string usual_buffers = testbed::ipv4_sysctl("tcp_wmem");
  // 400 send buffers that nobody empties.
  testbed::set_ipv4_sysctl("tcp_wmem", "4096 16384 65536");
  std::vector<std::future<Outcome>> suffering;
  for (const Attack& attack : attacks()) suffering.push_back(std::async(std::launch::async, suffer, attack));
  Table table({"attack", "cut by", "connections", "others meanwhile"});
  for (std::size_t i = 0; i < attacks().size(); ++i) {
    const Attack& attack = attacks()[i];
    const Outcome outcome = suffering[i].get();
    table.add(
        {attack.name, std::string(to_string(attack.cut_by)), std::to_string(outcome.cut), outcome.service.text()});
    findings.expect(outcome.cut >= connections, std::string(attack.name) + ": not every attacker was cut");
    findings.expect(outcome.service.failed == 0, std::string(attack.name) + ": others were not served");
    findings.expect(outcome.service.worst < worst_latency, std::string(attack.name) + ": others had to wait");
  }
  testbed::set_ipv4_sysctl("tcp_wmem", usual_buffers);
  std::cout << table;
}

}  // namespace closelab::hostile
