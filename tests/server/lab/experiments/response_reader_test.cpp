#include "server/lab/experiments/response_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace closelab::lab {
namespace {

TEST_CASE("responses end where they say; whatever the pieces in which they come") {
  const std::string with_length = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  const std::string chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  const std::string both = with_length + chunked;
  for (std::size_t piece = 1; piece <= both.size(); ++piece) {
    CAPTURE(piece);
    ResponseReader reader;
    std::vector<std::string> statuses;
    for (std::size_t at = 0; at < both.size(); at += piece) {
      reader.add(std::string_view(both).substr(at, piece));
      while (reader.take()) statuses.push_back(reader.status());
    }
    CHECK(statuses == std::vector<std::string>{"200 OK", "404 Not Found"});
    CHECK(reader.size() == 0);
  }
}

TEST_CASE("without a length a response ends with the connection") {
  ResponseReader reader;
  reader.add("HTTP/1.0 200 OK\r\n\r\nabc");
  CHECK_FALSE(reader.take());
  CHECK(reader.take(true) == 22);
}

TEST_CASE("bytes as they are") {
  ResponseReader reader;
  reader.add("hello");
  CHECK(reader.take_bytes(2) == "he");
  CHECK(reader.take_bytes(9) == "llo");
}

}  // namespace
}  // namespace closelab::lab
