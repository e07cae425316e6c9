// The record of a refused request said HTTP/1.1 whatever the request had said, and spoke of a body that there never
// was; only the client was told what a request for TLS or HTTP/2 had been refused for.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/loopback/client.h"
#include "tests/loopback/fixture.h"

using namespace closelab;
using namespace closelab::loopback;

namespace {

ConnectionRecord record_of(const std::string& sent) {
  TestServer server;
  Client client(server);
  client.send(sent);
  client.receive_to_end();
  client.close();
  return server.closed();
}

bool speaks_of_body(const ConnectionRecord& record) {
  const auto* unfinished = closelab::find<fact::RequestUnfinished>(record.evidence);
  return unfinished != nullptr && unfinished->part == fact::RequestUnfinished::Part::body;
}

}  // namespace

TEST_CASE("the record of a refused request says what was said, and what was wrong with it") {
  struct Row {
    std::string sent, version, refusal;
    bool has_body;
  };
  const Row rows[] = {
      {"GET / HTTP/3.7\r\n\r\n", "HTTP/3.7", "the major version is not 1: \"HTTP/3.7\"", false},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2.0",
       "an HTTP/2 connection preface, but this port speaks HTTP/1.1: \"HTTP/2.0\"", false},
      {"\x16\x03\x01\x02", "", "a TLS handshake, but this port speaks plain HTTP: \"\\x16\" at byte 1", false},
      {"GET / HTTP/1.0\r\nHost : a\r\n\r\n", "HTTP/1.0",
       "white space between a field name and its colon: \" \" at byte 21", false},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1", "an HTTP/1.1 request needs a Host field", false},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", "HTTP/1.1", "the body is too large", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    const ConnectionRecord record = record_of(row.sent);
    REQUIRE(record.requests.size() == 1);
    CHECK(to_string(record.requests.front().version) == row.version);
    CHECK(record.refusal == row.refusal);
    CHECK(ladder(record).find("refused: ") != std::string::npos);
    CHECK(speaks_of_body(record) == row.has_body);
  }
}

TEST_CASE("a request that is served was not refused") {
  const ConnectionRecord record = record_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(record.refusal.empty());
  CHECK(to_string(record.requests.front().version) == "HTTP/1.1");
}
