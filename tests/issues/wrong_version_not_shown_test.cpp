// A refusal for a version showed the line feed after it, not the version; HTTP/2 was not recognised.

#include <doctest/doctest.h>

#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;

TEST_CASE("a refusal shows the version that was said") {
  CHECK(read_all_ways(get("", "GET / HTTP/3.7"), HttpLimits{}).error == "the major version is not 1: \"HTTP/3.7\"");
  CHECK(read_all_ways(get("", "GET / HTTP/2"), HttpLimits{}).error ==
        "the HTTP version has no minor number: \"HTTP/2\"");
  CHECK(read_all_ways("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpLimits{}).error ==
        "an HTTP/2 connection preface, but this port speaks HTTP/1.1: \"HTTP/2.0\"");
}
