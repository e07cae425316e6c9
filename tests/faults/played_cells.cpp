#include "tests/faults/played_cells.h"

#include <thread>

#include "tests/faults/model.h"

namespace closelab::faults {
namespace {

using namespace std::chrono_literals;

Options options() {
  Options options;
  options.close_times = close_times;
  options.timeouts.idle_timeout = 20s;
  // What rules announce is easier to see where nothing else is.
  options.keep_alive.timeout.kind = Advertised<std::chrono::milliseconds>::Kind::off;
  return options;
}

/// Keeps the server from accepting until all clients have connected and sent their first requests, so that these are
/// with the kernel when the rules at `accept` act. Its handler does what none may do: it blocks the reactor.
class Gate {
 public:
  explicit Gate(Server& server) {
    server.handle("/gate", [this](const Request&) {
      entered_.count_down();
      opened_.wait();
      return Response{};
    });
    client_ = std::make_unique<kernel_test::Client>(server.endpoint(), 0);
    client_->send("GET /gate HTTP/1.1\r\nHost: lab\r\n\r\n");
    entered_.wait();
  }
  void open() { opened_.count_down(); }

 private:
  std::latch entered_{1};
  std::latch opened_{1};
  std::unique_ptr<kernel_test::Client> client_;
};

/// The gate's connection is the first.
constexpr std::uint64_t first_connection = 2;

void take_record(Played& played, const Visit& visit, Server& server) {
  if (auto record = server.wait_closed(visit.connection(), 10s)) {
    played.records.push_back(std::move(*record));
  } else {
    played.failures.push_back("connection " + std::to_string(visit.connection()) +
                              " did not settle: " + describe(rule_of(visit.cell(), visit.connection())));
    played.records.push_back(server.connection(visit.connection()).value_or(ConnectionRecord{}));
  }
}

void run_visits(Played& played, Server& server) {
  std::vector<std::jthread> silent;
  std::vector<std::jthread> others;
  for (const auto& visit : played.visits) {
    (expected(visit->cell())->silent ? silent : others).emplace_back([&visit = *visit] { visit.run(); });
  }
  others.clear();
  for (const auto& visit : played.visits) {
    if (!eventually([&] { return visit->rule_has_fired(); })) played.failures.push_back("a rule did not fire");
    if (!expected(visit->cell())->silent) server.wait_closed(visit->connection(), 10s);
  }
  played.stopped_at = WallClock::now();
  played.stop = server.stop();
}

}  // namespace

Played play_all_cells() {
  Played played;
  Server server(options());
  played.server = server.endpoint();
  server.handle("/", [](const Request&) { return Response{.body = std::string(response_body_bytes, 'r')}; });
  Gate gate(server);
  for (const Cell& cell : played_cells()) {
    const std::uint64_t connection = first_connection + played.visits.size();
    server.add_rule(rule_of(cell, connection));
    played.visits.push_back(std::make_unique<Visit>(cell, server, connection));
    played.visits.back()->send_first_request();
  }
  played.opened_at = WallClock::now();
  gate.open();
  run_visits(played, server);
  for (const auto& visit : played.visits) take_record(played, *visit, server);
  return played;
}

}  // namespace closelab::faults
