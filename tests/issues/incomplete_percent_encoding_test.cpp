// `/%` and `/%zz` were served (RFC 9112 §3.2: SHOULD be refused).

#include <doctest/doctest.h>

#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;

TEST_CASE("a % without two hexadecimal digits is refused") {
  for (const std::string target : {"/%", "/%z", "/%zz", "/%2", "/%2z", "/a?b=%", "http://a/%"}) {
    CAPTURE(target);
    const Result result = read_all_ways(get("Host: a\r\n", "GET " + target + " HTTP/1.1"), HttpLimits{});
    CHECK(describe(result.fault) == describe(Refusal::bad_percent_encoding));
  }
  CHECK(read_all_ways(get("Host: a\r\n", "GET /%2f%00?%20 HTTP/1.1"), HttpLimits{}).error == "");
}
