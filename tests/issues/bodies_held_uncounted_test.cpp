// held_bytes left out a body in whose middle a rule acts, what a BodyStream keeps, and how much room strings have.

#include <vector>

#include "server/connection/body_stream.h"
#include "server/connection/output.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr std::uint64_t room = 10'000'000;

/// Is nearly all of it free?
bool has_room_again(const TestServer& server) {
  return Client(server).exchange(post("/echo", std::string(room * 4 / 10, 'x'))).status == 200;
}

TEST_CASE("answers that a rule holds up in their middle are bounded together, and given back") {
  Options options;
  options.held_bytes = room;
  options.limits.body_bytes = room;
  options.rules = {at_response_body(1).stall().on_path("/large")};
  TestServer server(options);
  std::vector<Client> clients;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    Client client(server);
    client.send(get("/large?1000000"));
    if (client.receive_until("\r\n").starts_with("HTTP/1.1 503")) ++refused;
    clients.push_back(std::move(client));
  }
  CHECK(refused >= 39);
  CHECK(refused < 50);
  clients.clear();
  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK(has_room_again(server));
}

TEST_CASE("what is written to streams that nobody takes is bounded together, and given back") {
  Options options;
  options.held_bytes = room;
  options.limits.body_bytes = room;
  TestServer server(options);
  std::vector<BodyStream> streams;
  server.handle("/events", [&](const Request&) {
    streams.emplace_back(room);
    return Response{.body_stream = streams.back()};
  });
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 20; ++i) {
    Client client(server, 4096);
    client.send(get("/events"));
    client.receive_until("\r\n\r\n");
    clients.push_back(std::move(client));
  }
  const std::string piece(50'000, 'x');
  std::uint64_t kept = 0;
  for (const BodyStream& stream : streams)
    for (int i = 0; i < 200 && stream.write(piece); ++i) kept += piece.size();
  CHECK(kept > room / 3);
  // And what the kernel's buffers took.
  CHECK(kept < room + 20 * 8'000'000ULL);
  CHECK_FALSE(streams.back().write(piece));
  for (Client& client : clients) client.reset();
  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK_FALSE(streams.back().is_open());
  CHECK(has_room_again(server));
}

TEST_CASE("what a stream keeps counts from attach() to detach(), and is gone when it is taken") {
  const auto held = std::make_shared<server::HeldBytes>(1000);
  const auto is_free = [&] { return held->has_room(0, 1000); };
  const BodyStream stream(2000);
  CHECK(stream.write(std::string(700, 'x')));
  CHECK(is_free());
  stream.state()->attach([] {}, held);
  CHECK_FALSE(is_free());
  CHECK_FALSE(stream.write(std::string(700, 'x')));
  std::string taken;
  stream.state()->take(taken, 2000);
  CHECK(is_free());
  CHECK(stream.write(std::string(700, 'x')));
  stream.state()->detach();
  CHECK(is_free());
}

TEST_CASE("a body that is sent in pieces is counted while there is any of it to come") {
  server::Output output;
  output.begin_response();
  output.hold_at(1);
  output.add_pieces(std::string(100'000, 'x'), false);
  CHECK(output.memory() >= 100'000);
  output.reset();
  CHECK(output.memory() < 1000);
}

}  // namespace
}  // namespace closelab::loopback
