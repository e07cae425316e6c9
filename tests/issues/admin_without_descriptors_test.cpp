// When clients had taken every descriptor the admin port, where one would look and help, was out of reach as well.

#include <unistd.h>

#include <vector>

#include "net/socket/socket_address.h"
#include "server/lab/admin/admin.h"
#include "tests/loopback/child.h"
#include "tests/loopback/fixture.h"
#include "tests/loopback/process.h"

namespace closelab::loopback {
namespace {

constexpr std::size_t room = 3;

void serve_with_few_descriptors(const Line& line) {
  lab::ServerEvents feed;
  Server server(feed.attach({}));
  const lab::Settings settings;
  const lab::Admin admin(settings, server, feed);
  const int next = ::dup(STDIN_FILENO);
  ::close(next);
  set_descriptor_limit(static_cast<rlim_t>(next) + room);
  line.say(server.port());
  line.say(admin.endpoint().port);
  line.hear();
}

Endpoint loopback_port(std::int64_t port) { return *net::parse_address("127.0.0.1", static_cast<std::uint16_t>(port)); }

TEST_CASE("the admin port answers while the lab's clients hold every descriptor" *
          doctest::skip(sanitizer_needs_descriptors)) {
  Child child(serve_with_few_descriptors);
  const Endpoint lab = loopback_port(child.line().hear());
  const Endpoint admin = loopback_port(child.line().hear());
  std::vector<Client> clients;
  for (std::size_t i = 0; i < room; ++i) {
    clients.emplace_back(lab);
    CHECK(clients.back().exchange(get("/")).status == 404);
  }
  Client surplus(lab);
  surplus.send(get("/"));
  for (int i = 0; i < 20; ++i) {
    Client client(admin);
    const Reply reply = client.exchange("GET /connections HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    CHECK(reply.status == 200);
    CHECK(client.receives_fin());
  }
  CHECK(surplus.is_quiet());
  clients.clear();
  CHECK(surplus.receive_reply().status == 404);
}

}  // namespace
}  // namespace closelab::loopback
