// Rough figures: how fast a server starts and stops, what an idle connection costs, how much it serves. A few
// seconds; nothing here is a test.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "net/socket_address.h"
#include "tests/loopback/child.h"
#include "tests/loopback/client.h"
#include "tests/loopback/process.h"

namespace closelab::loopback {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

double median_of(int runs, const std::function<double()>& measure) {
  std::vector<double> values;
  for (int i = 0; i < runs; ++i) values.push_back(measure());
  return median(std::move(values));
}

void print(const std::string& what, double value, const char* unit) {
  std::printf("%-58s %10.*f %s\n", what.c_str(), value < 100 ? 2 : 0, value, unit);
  std::fflush(stdout);
}

void add_route(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "hello\n"}; });
}

double start_to_listening() {
  const auto start = Clock::now();
  const Server server;
  return milliseconds(Clock::now() - start);
}

double start_to_first_answer() {
  const auto start = Clock::now();
  Server server;
  add_route(server);
  Client(server).exchange(get("/"));
  return milliseconds(Clock::now() - start);
}

Options patient(Switch verdicts) {
  Options options;
  options.timeouts.idle_timeout = 10min;
  options.verdicts = verdicts;
  return options;
}

double stop_with_idle(int connections, Switch verdicts) {
  Server server(patient(verdicts));
  add_route(server);
  std::vector<Client> clients;
  for (int i = 0; i < connections; ++i) clients.emplace_back(server).exchange(get("/"));
  const auto start = Clock::now();
  server.stop();
  return milliseconds(Clock::now() - start);
}

/// A server in a process of its own, so that its memory and CPU time are its alone: tells its port, then for each
/// number both.
void serve(const Line& line, Switch verdicts) {
  ::malloc_trim(0);  // what this process inherited and would use up first
  Server server(patient(verdicts));
  add_route(server);
  line.say(server.port());
  while (line.hear() != 0) {
    line.say(resident_bytes());
    line.say(cpu_milliseconds());
  }
}

struct Usage {
  std::int64_t memory;
  std::int64_t cpu;
};

class ServerProcess {
 public:
  explicit ServerProcess(Switch verdicts) : child_([verdicts](const Line& line) { serve(line, verdicts); }) {
    endpoint = *net::parse_address("127.0.0.1", static_cast<std::uint16_t>(child_.line().hear()));
  }
  ~ServerProcess() { child_.line().say(0); }

  Usage usage() const {
    child_.line().say(1);
    const std::int64_t memory = child_.line().hear();
    return {memory, child_.line().hear()};
  }

 private:
  Child child_;

 public:
  Endpoint endpoint;
};

/// Bytes per connection that has been served and is idle.
double memory_per_connection(int connections, Switch verdicts) {
  const ServerProcess server(verdicts);
  Client(server.endpoint).exchange(get("/"));  // what the first request brings into memory
  const std::int64_t before = server.usage().memory;
  std::vector<Client> clients;
  for (int i = 0; i < connections; ++i) clients.emplace_back(server.endpoint).exchange(get("/"));
  const std::int64_t after = server.usage().memory;
  for (Client& client : clients) client.reset();
  return static_cast<double>(after - before) / connections;
}

/// How often per second `step` can be done, for one second; and the server's CPU time for each.
template <class Step>
void print_rate(const std::string& what, Switch verdicts, Step step) {
  const ServerProcess server(verdicts);
  const std::int64_t cpu_before = server.usage().cpu;
  const auto start = Clock::now();
  int done = 0;
  while (Clock::now() - start < 1s) done += step(server.endpoint);
  const double seconds = milliseconds(Clock::now() - start) / 1000;
  print(what, done / seconds, "/s");
  print("  server CPU for each", 1000.0 * static_cast<double>(server.usage().cpu - cpu_before) / done, "us");
}

int one_connection(const Endpoint& server) {
  Client client(server);
  client.send(get("/", "Connection: close\r\n"));
  client.receive_to_end();
  return 1;
}

/// Keeps its connections over calls: each sends a request, then each takes its answer.
class KeptConnections {
 public:
  KeptConnections(int connections, int pipelined) : connections_(connections), pipelined_(pipelined) {
    for (int i = 0; i < pipelined; ++i) requests_ += get("/");
  }

  int operator()(const Endpoint& server) {
    while (std::ssize(clients_) < connections_) clients_.emplace_back(server);
    for (Client& client : clients_) client.send(requests_);
    for (Client& client : clients_) {
      for (int i = 0; i < pipelined_; ++i) client.receive_reply();
    }
    return connections_ * pipelined_;
  }

 private:
  int connections_;
  int pipelined_;
  std::string requests_;
  std::vector<Client> clients_;
};

const char* name(Switch verdicts) { return verdicts == Switch::on ? "on" : "off"; }

int most_connections(int wanted) {
  return static_cast<int>(std::min<rlim_t>(static_cast<rlim_t>(wanted), descriptor_limit() - 100));
}

void print_memory(int wanted, Switch verdicts) {
  const int connections = most_connections(wanted);
  print("memory per idle connection, " + std::to_string(connections) + " open, verdicts " + name(verdicts),
        memory_per_connection(connections, verdicts), "B");
}

void print_all() {
  print("start to listening, median of 51", median_of(51, start_to_listening), "ms");
  print("start to the first answer, median of 51", median_of(51, start_to_first_answer), "ms");
  for (const Switch verdicts : {Switch::on, Switch::off}) {
    print(std::string("stop with 1,000 idle connections, median of 5, verdicts ") + name(verdicts),
          median_of(5, [verdicts] { return stop_with_idle(1000, verdicts); }), "ms");
  }
  for (const int connections : {1000, 10'000}) {
    for (const Switch verdicts : {Switch::on, Switch::off}) print_memory(connections, verdicts);
  }
  for (const Switch verdicts : {Switch::on, Switch::off}) {
    print_rate(std::string("connections, one at a time, verdicts ") + name(verdicts), verdicts, one_connection);
  }
  print_rate("requests, 1 connection", Switch::on, KeptConnections(1, 1));
  print_rate("requests, 64 connections", Switch::on, KeptConnections(64, 1));
  print_rate("requests, 64 connections, 16 pipelined", Switch::on, KeptConnections(64, 16));
}

}  // namespace
}  // namespace closelab::loopback

int main() { closelab::loopback::print_all(); }
