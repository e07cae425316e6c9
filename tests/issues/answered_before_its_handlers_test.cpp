// A client that had connected before the server was there was answered 404: handlers came after the listener.

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

net::UniqueFd listening_socket() {
  net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  const net::SocketAddress address = net::to_socket_address(*net::parse_address("127.0.0.1", 0));
  REQUIRE(::bind(fd.get(), address.data(), address.length) == 0);
  REQUIRE(::listen(fd.get(), 8) == 0);
  return fd;
}

TEST_CASE("handlers that are added in on_listening are there for whoever was there before") {
  const net::UniqueFd socket = listening_socket();
  Client early(net::local_endpoint(socket.get()));
  early.send(get("/early"));
  Options options;
  options.listen.fd = socket.get();
  options.on_listening = [](Server& server) {
    server.handle("/early", [](const Request&) { return Response{.body = "in time"}; });
    // Whoever is served at all is served within this time.
    CHECK_FALSE(server.wait_accepted(20ms));
  };
  const Server server(options);
  CHECK(early.receive_reply().body == "in time");
}

TEST_CASE("what on_listening throws the constructor throws, and the port is free again") {
  Options options;
  options.on_listening = [&](Server& server) {
    options.listen.port = server.port();
    throw std::runtime_error("no");
  };
  CHECK_THROWS_WITH(Server{options}, "no");
  options.on_listening = nullptr;
  CHECK_NOTHROW(Server{options});
}

}  // namespace
}  // namespace closelab::loopback
