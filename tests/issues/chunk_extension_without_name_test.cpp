// `5;` was served, though recipients disagree about where such a line ends.

#include <doctest/doctest.h>

#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;

TEST_CASE("a chunk extension without a name is refused") {
  for (const std::string extension : {";", "; \t", ";=a", ";;a", ";a;"}) {
    CAPTURE(extension);
    const Result result = read_all_ways(chunked("5" + extension + "\r\nhello\r\n0\r\n\r\n"), HttpLimits{});
    CHECK(describe(result.fault) == describe(Refusal::empty_chunk_extension));
  }
  CHECK(read_all_ways(chunked("5;a=\";\"\r\nhello\r\n0\r\n\r\n"), HttpLimits{}).body == "hello");
}
