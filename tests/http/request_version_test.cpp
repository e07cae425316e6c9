#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "http/request_parser.h"
#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;
using namespace std::string_literals;

TEST_CASE("versions: a higher minor is 1.1, for the message and for its framing") {
  struct Row {
    std::string number;
    Version version;
  };
  for (const Row& row : {Row{"1.0", Version::http_1_0},
                         {"1.1", Version::http_1_1},
                         {"1.2", Version::http_1_1},
                         {"1.9", Version::http_1_1}}) {
    CAPTURE(row.number);
    const std::string line = "POST /1.9 HTTP/" + row.number;
    const Result result =
        read_all_ways(get("Host: a\r\nX: HTTP/1.9\r\nContent-Length: 2\r\n", line) + "hi", small_limits());
    CHECK(result.version == row.version);
    CHECK(result.target == "/1.9");
    CHECK(result.body == "hi");
    REQUIRE(result.fields.size() == 3);
    CHECK(result.fields[1].second == "HTTP/1.9");
  }
}

TEST_CASE("the version that was said, also by a request that was refused") {
  struct Row {
    std::string text, version;
  };
  const Row rows[] = {
      {get("Host: a\r\n"), "HTTP/1.1"},
      {get("", "GET / HTTP/1.0"), "HTTP/1.0"},
      {get("Host: a\r\n", "GET /a HTTP/1.7"), "HTTP/1.7"},
      {get("Host: a\r\n", "GET / HTTP/3.7"), "HTTP/3.7"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2.0"},
      {get("", "GET / HTTP/1.1"), "HTTP/1.1"},
      {"GET / HTTP/1.0\r\nHost : a", "HTTP/1.0"},
      {"GET / HTTP/1.1 ", ""},
      {"GET /\r\n", ""},
      {"\x16\x03\x01", ""},
  };
  RequestParser parser(small_limits());
  for (const Row& row : rows) {
    CAPTURE(row.text);
    parser.feed(row.text);
    CHECK(to_string(parser.version_said()) == row.version);
    parser.reset();
    CHECK(parser.version_said() == VersionNumber{});
  }
}
