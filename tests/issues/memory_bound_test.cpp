// What clients were sending was bounded for each of them alone: with the defaults 16,384 connections might make the
// server hold 16 GiB.

#include <vector>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr std::size_t body_bytes = 100'000;

Options with_room_for(std::uint64_t bytes) {
  Options options;
  options.held_bytes = bytes;
  return options;
}

std::string unfinished_post() {
  std::string request = post("/echo", pattern(body_bytes));
  request.pop_back();
  return request;
}

TEST_CASE("bodies on their way are bounded together: the one that would be too much is answered 503") {
  TestServer server(with_room_for(1'000'000));
  std::vector<Client> clients;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 30; ++i) {
    Client client(server);
    client.try_send(unfinished_post());
    clients.push_back(std::move(client));
  }
  // Each is either refused, or gets its answer when it has sent the rest.
  for (Client& client : clients) {
    client.try_send("z");
    const Reply reply = client.receive_reply();
    if (reply.status == 200) continue;
    CHECK(reply.status == 503);
    CHECK(reply.field("connection") == "close");
    CHECK(reply.body.find("held_bytes") != std::string::npos);
    ++refused;
  }
  CHECK(refused >= 15);
  CHECK(refused < 30);
  clients.clear();
  CHECK(eventually([&] { return server.counts().open == 0; }));
  const auto records = server.connections();
  CHECK(std::ranges::count(records, CloseReason::memory_limit, &ConnectionRecord::close_reason) ==
        static_cast<std::ptrdiff_t>(refused));
  // What was held is given back.
  CHECK(Client(server).exchange(post("/echo", pattern(body_bytes))).status == 200);
}

TEST_CASE("answers that clients don't take are bounded together") {
  TestServer server(with_room_for(10'000'000));
  std::vector<Client> clients;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    Client client(server, 4096);
    // More than the kernel's buffers take.
    client.send(get("/large?8000000"));
    if (client.receive_until("\r\n").starts_with("HTTP/1.1 503")) ++refused;
    clients.push_back(std::move(client));
  }
  CHECK(refused == 6);
  CHECK(server.stop(0ms).held_up.size() >= 2);
}

TEST_CASE("one request that is larger than all may be is refused alone") {
  TestServer server(with_room_for(50'000));
  CHECK(Client(server).exchange(post("/echo", "small")).status == 200);
  Client client(server);
  client.try_send(unfinished_post());
  CHECK(client.receive_reply().status == 503);
}

}  // namespace
}  // namespace closelab::loopback
