// An empty line that old clients send after a request's body was recorded as a further request: retry safe.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr const char* post = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

Retry retry_after(std::string_view first, std::string_view later, CloseMode mode) {
  Options options;
  options.close_mode = mode;
  TestServer server(options);
  Client client(server);
  client.send(first);
  CHECK(client.receive_reply().status == 200);
  if (!later.empty()) client.try_send(later);
  client.receive_to_end();
  client.close();
  return server.closed().retry;
}

TEST_CASE("an empty line after the body of a connection's last request is no further request") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate, CloseMode::delayed}) {
    CAPTURE(to_string(mode));
    CHECK(retry_after(std::string(post) + "\r\n", {}, mode) == Retry::not_needed);
    CHECK(retry_after(std::string(post) + "\r\n\r\n", {}, mode) == Retry::not_needed);
  }
  CHECK(retry_after(post, "\r\n", CloseMode::lingering) == Retry::not_needed);
}

TEST_CASE("what follows an empty line there is a further request") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate}) {
    CHECK(retry_after(std::string(post) + "\r\nGET / HTTP/1.1\r\n", {}, mode) == Retry::safe);
  }
  CHECK(retry_after(post, "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", CloseMode::lingering) == Retry::safe);
}

}  // namespace
}  // namespace closelab::loopback
