// closelab inside somebody's tests: copy this file and CMakeLists.txt, and put your own client where Client is.
// Nothing sleeps: wait_idle() and wait_closed() return when it has happened, and say what happened.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <arpa/inet.h>
#include <closelab/server.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using closelab::Side;
using closelab::TimeWait;

/// The client under test; stands for yours. One connection, closed when it goes out of scope.
class Client {
 public:
  explicit Client(const closelab::Server& server) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("can not connect");
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a request and reads until the body that it expects has come.
  void get(const std::string& path, const std::string& body) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n";
    send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    std::string received;
    while (!received.ends_with("\r\n\r\n" + body)) received += receive();
  }

  /// True when the server has closed: the end of the stream, or a reset.
  bool at_end() {
    char byte;
    return recv(socket_, &byte, 1, 0) <= 0;
  }

 private:
  std::string receive() {
    char bytes[1024];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the connection ended before the response");
    return {bytes, static_cast<std::size_t>(count)};
  }

  int socket_ = socket(AF_INET, SOCK_STREAM, 0);
};

closelab::Response hello(const closelab::Request&) { return {.body = "hello"}; }

closelab::Response bye(const closelab::Request&) { return {.headers = {{"Connection", "close"}}, .body = "bye"}; }

TEST_CASE("the client uses its connection again, and is the one that closes it") {
  closelab::Server server;
  server.handle("/", hello);
  {
    Client client(server);
    client.get("/", "hello");
    client.get("/", "hello");
    CHECK(server.wait_idle());
  }
  const auto record = server.wait_closed();
  REQUIRE(record);
  INFO(*record);  // the story of the connection, shown when a check below fails
  CHECK(record->request_count == 2);
  CHECK(record->verdict.closed_first == Side::client);
  CHECK(record->verdict.time_wait == TimeWait::client);
  CHECK(server.counts().accepted == 1);
}

TEST_CASE("Connection: close makes the server close first and hold TIME_WAIT") {
  closelab::Server server;
  server.handle("/bye", bye);
  {
    Client client(server);
    client.get("/bye", "bye");
    CHECK(client.at_end());
  }
  const auto record = server.wait_closed();
  REQUIRE(record);
  INFO(*record);
  CHECK(record->close_reason == closelab::CloseReason::response_close);
  CHECK(record->verdict.closed_first == Side::server);
  CHECK(record->verdict.closed_by == closelab::ClosedBy::fin);
  CHECK(record->verdict.time_wait == TimeWait::server);
  CHECK(record->verdict.time_wait_remaining() > 50s);
}

TEST_CASE("an abortive close leaves no TIME_WAIT") {
  closelab::Server server({.close_mode = closelab::CloseMode::abortive});
  server.handle("/bye", bye);
  Client client(server);
  client.get("/bye", "bye");
  CHECK(client.at_end());

  const auto record = server.wait_closed();
  REQUIRE(record);
  INFO(*record);
  CHECK(record->verdict.closed_by == closelab::ClosedBy::rst);
  CHECK(record->verdict.time_wait == TimeWait::none);
}

TEST_CASE("a connection without requests is closed after the idle timeout") {
  closelab::Server server({.timeouts = {.idle_timeout = 50ms}});
  server.handle("/", hello);
  {
    Client client(server);
    client.get("/", "hello");
    CHECK(client.at_end());
  }
  const auto record = server.wait_closed();
  REQUIRE(record);
  INFO(*record);
  CHECK(record->close_reason == closelab::CloseReason::idle_timeout);
  CHECK(record->verdict.closed_first == Side::server);
}
