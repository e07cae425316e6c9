// Where nothing tells where a refused request ends, all that came after it was taken for its rest: `retry` said
// `not_needed` of a pipelined request that nobody had read.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

ConnectionRecord refused(const std::string& bytes) {
  Options options;
  options.limits.body_bytes = 10;
  options.limits.header_bytes = 1024;
  TestServer server(options);
  Client client(server);
  client.send(bytes);
  client.receive_to_end();
  client.close();
  return server.closed();
}

std::string chunked(const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

// Each is refused before its end.
const std::string cut_short[] = {
    "GET / HTTP/1.1\r\nHost: h\r\nna me: value\r\nother: value\r\n\r\n",
    get("/", "Large: " + std::string(2000, 'x') + "\r\n"),
    chunked("14\r\n" + std::string(20, 'x') + "\r\n0\r\n\r\n"),
};
const std::string open_ended[] = {
    "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    chunked("z\r\n"),
};

TEST_CASE("what comes after a refused request whose end is not known may be a request: safe, inferred") {
  for (const auto& requests : {std::span<const std::string>(cut_short), std::span<const std::string>(open_ended)}) {
    for (const std::string& request : requests) {
      CAPTURE(request);
      const ConnectionRecord record = refused(request + get("/"));
      CHECK(record.request_count == 1);
      CHECK(record.requests.front().retry == Retry::not_needed);
      CHECK(record.retry == Retry::safe);
      CHECK(record.retry_source == Source::inferred);
    }
  }
}

TEST_CASE("the rest of a refused request alone is no request") {
  for (const std::string& request : cut_short) {
    CAPTURE(request);
    CHECK(refused(request).retry == Retry::not_needed);
  }
}

TEST_CASE("a request after a refused one whose end is known is known to have come") {
  const ConnectionRecord record = refused("GET / HTTP/1.1\r\n\r\n" + get("/"));
  CHECK(record.retry == Retry::safe);
  CHECK(record.retry_source == Source::syscall);
}

}  // namespace
}  // namespace closelab::loopback
