// Many connections, few descriptors, much data: nothing grows without bound, nothing spins, nothing stays stuck.

#include <vector>

#include "net/socket/socket_address.h"
#include "tests/loopback/child.h"
#include "tests/loopback/fixture.h"
#include "tests/loopback/process.h"
#include "tests/loopback/yardstick.h"
#include "tests/support/sanitized.h"

namespace closelab::loopback {
namespace {

// A sanitizer keeps its own account of each byte, and freed memory for a while.
constexpr std::int64_t shadow = test::is_sanitized ? 8 : 1;

Endpoint loopback_port(std::int64_t port) { return *net::parse_address("127.0.0.1", static_cast<std::uint16_t>(port)); }

TEST_CASE("max_connections: one more is answered 503 and closed, and there is room again when one has gone") {
  Options options;
  options.max_connections = 3;
  TestServer server(options);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(server).exchange(get("/"));
  for (std::uint64_t id = 4; id <= 6; ++id) {
    Client refused(server);
    const Reply reply = refused.receive_reply();
    CHECK(reply.status == 503);
    CHECK(reply.body.find("max_connections (3) connections are open") != std::string::npos);
    CHECK(reply.field("connection") == "close");
    CHECK(refused.receives_fin());
    refused.close();
    const ConnectionRecord record = server.closed();
    CHECK(record.id == id);
    CHECK(record.close_reason == CloseReason::connection_limit);
  }
  for (Client& client : clients) CHECK(client.exchange(get("/")).status == 200);
  clients.pop_back();
  server.closed();
  CHECK(Client(server).exchange(get("/")).status == 200);
}

TEST_CASE("a client that was refused and keeps its end open takes nobody's place") {
  Options options;
  options.max_connections = 1;
  options.lingering.time = 10min;
  TestServer server(options);
  std::optional<Client> first(server);
  first->exchange(get("/"));
  Client refused(server);
  CHECK(refused.receive_reply().status == 503);
  first.reset();
  REQUIRE(server.wait_closed(1, patience));
  CHECK(Client(server).exchange(get("/")).status == 200);
  server.stop(0ms);
}

/// A server that has few descriptors; tells its port, then for each number its CPU time.
void serve_with_few_descriptors(const Line& line) {
  TestServer server;
  set_descriptor_limit(40);
  line.say(server.port());
  while (line.hear() != 0) line.say(cpu_milliseconds());
}

TEST_CASE("without descriptors accepting pauses, does not spin, and goes on when there are some") {
  Child child(serve_with_few_descriptors);
  const Endpoint server = loopback_port(child.line().hear());
  std::vector<Client> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(server).send(get("/"));
  CHECK(clients[0].receive_reply().status == 200);
  CHECK(clients[5].receive_reply().status == 200);
  pause(300ms);
  CHECK(clients[59].is_quiet());
  child.line().say(1);
  const std::int64_t before = child.line().hear();
  pause(1000ms);
  child.line().say(1);
  CHECK(child.line().hear() - before < 100);
  CHECK(clients[59].is_quiet());
  for (std::size_t i = 0; i < 55; ++i) clients[i].close();
  for (std::size_t i = 55; i < 60; ++i) CHECK(clients[i].receive_reply().status == 200);
  child.line().say(0);
  CHECK(child.finish() == 0);
}

/// Opens `count` connections to `port`, sends a request on each, and another when told to.
void many_clients(const Line& line) {
  const Endpoint server = loopback_port(line.hear());
  const auto count = static_cast<std::size_t>(line.hear());
  std::vector<Client> clients;
  for (std::size_t i = 0; i < count; ++i) clients.emplace_back(server);
  while (line.hear() != 0) {
    for (Client& client : clients) client.send(get("/"));
    std::int64_t answered = 0;
    for (Client& client : clients) answered += client.receive_reply().status == 200;
    line.say(answered);
  }
  for (Client& client : clients) client.reset();
}

TEST_CASE("10,000 keep-alive connections open at once are served") {
  const auto count = static_cast<std::int64_t>(std::min<rlim_t>(10'000, descriptor_limit() - 100));
  if (count < 10'000) MESSAGE("the descriptor limit allows " << count << " connections only");
  Child child(many_clients);
  Options options;
  options.timeouts.idle_timeout = 10min;
  options.requests_kept = 1;
  TestServer server(options);
  child.line().say(server.port());
  child.line().say(count);
  for (int round = 1; round <= 3; ++round) {
    child.line().say(round);
    CHECK(child.line().hear() == count);
    CHECK(server.counts().open == static_cast<std::uint64_t>(count));
  }
  CHECK(server.counts().accepted == static_cast<std::uint64_t>(count));
  child.line().say(0);
  CHECK(child.finish() == 0);
  for (std::int64_t i = 0; i < count; ++i) REQUIRE(server.wait_closed(patience));
  CHECK(server.counts().open == 0);
  CHECK(server.counts().requests == static_cast<std::uint64_t>(count * 3));
}

TEST_CASE("1 GiB is streamed in constant memory, and others are served meanwhile") {
  constexpr std::size_t gibibyte = std::size_t{1} << 30;
  for (const char* path : {"/stream?1073741824", "/chunked?1073741824"}) {
    CAPTURE(path);
    TestServer server;
    Client other(server);
    other.exchange(get("/"));
    Client client(server);
    client.send(get(path, "Connection: close\r\n"));
    std::vector<char> piece(1 << 20);
    std::size_t received = 0;
    std::size_t served = 0;
    const std::int64_t before = resident_bytes();
    std::int64_t most = 0;
    for (ssize_t bytes = 1; bytes > 0; received += static_cast<std::size_t>(bytes)) {
      bytes = ::recv(client.fd(), piece.data(), piece.size(), 0);
      REQUIRE(bytes >= 0);
      if (received / (gibibyte / 20) <= served) continue;
      ++served;
      CHECK(other.exchange(get("/")).status == 200);
      most = std::max(most, resident_bytes() - before);
    }
    CHECK(received > gibibyte);
    CHECK(served >= 20);
    CHECK(most < (8 << 20) * shadow);
  }
}

TEST_CASE("clients that take nothing cost no memory of ours beyond a piece each") {
  TestServer server;
  std::vector<Client> clients;
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < 50; ++i) clients.emplace_back(server, 4096).send(get("/stream?1073741824") + get("/"));
  Client last(server);
  CHECK(last.exchange(get("/")).status == 200);
  CHECK(resident_bytes() - before < 50 * (512 << 10) * shadow);
  for (Client& client : clients) client.reset();
  for (std::size_t i = 0; i < clients.size(); ++i) CHECK(server.closed().close_reason == CloseReason::peer_reset);
}

TEST_CASE("a client that sends without end while its request is being answered is not read") {
  TestServer server;
  server.handle("/never", [](const Request&) { return Response{.delay = 10min}; });
  Client client(server);
  client.send(get("/never"));
  const std::int64_t before = resident_bytes();
  const std::string more(1 << 20, 'x');
  std::size_t sent = 0;
  while (true) {
    const Sent step = client.send_available(more);
    if (step.error != 0) break;
    sent += step.bytes;
    REQUIRE(sent < (100U << 20));
  }
  CHECK(resident_bytes() - before < (4 << 20) * shadow);
  server.stop(0ms);
}

}  // namespace
}  // namespace closelab::loopback
