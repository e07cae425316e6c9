#include <arpa/inet.h>
#include <closelab/server.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <string_view>

#ifdef ASIO_STANDALONE
#error "closelab's package leaks its private definitions"
#endif

/// Sends one request and returns what came back until the server closed; then closes.
static std::string exchange(std::uint16_t port, std::string_view request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string received;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char bytes[1024];
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) received.append(bytes, static_cast<std::size_t>(n));
  }
  close(fd);
  return received;
}

int main() {
  closelab::Server server;
  server.handle("/bye", [](const closelab::Request&) {
    return closelab::Response{.headers = {{"Connection", "close"}}, .body = "bye"};
  });

  const std::string received = exchange(server.port(), "GET /bye HTTP/1.1\r\nHost: consumer\r\n\r\n");
  const auto record = server.wait_closed();
  if (!record || !received.ends_with("\r\n\r\nbye")) {
    std::cerr << "no record, or a wrong answer: " << received << '\n';
    return 1;
  }
  std::cout << *record;
  return record->verdict.closed_first == closelab::Side::server &&
                 record->verdict.time_wait == closelab::TimeWait::server
             ? 0
             : 1;
}
