#include "closelab/message.h"

#include <doctest/doctest.h>

using namespace closelab;

TEST_CASE("versions are written as on the wire") {
  CHECK(to_string(Version::http_1_0) == "HTTP/1.0");
  CHECK(to_string(Version::http_1_1) == "HTTP/1.1");
}

TEST_CASE("a field is found by name in any case, the first line of that name") {
  RequestMessage message;
  message.fields = {{"Host", "a"}, {"X-Name", "first"}, {"x-name", "second"}, {"Empty", ""}};
  CHECK(message.field("x-NAME") == "first");
  CHECK(message.field("HOST") == "a");
  CHECK(message.field("empty") == "");
  CHECK_FALSE(message.field("x-nam"));
  CHECK_FALSE(message.field("x-names"));
  CHECK_FALSE(message.field(""));
}

TEST_CASE("reason phrases") {
  struct Row {
    int status;
    std::string_view phrase;
  };
  // First, last and in between, and what lies just beside known ones.
  constexpr Row rows[] = {
      {100, "Continue"},
      {200, "OK"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {404, "Not Found"},
      {408, "Request Timeout"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {417, "Expectation Failed"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
      {511, "Network Authentication Required"},
      {99, ""},
      {103, "Early Hints"},
      {104, ""},
      {306, ""},
      {418, ""},
      {430, ""},
      {512, ""},
      {599, ""},
      {0, ""},
      {-1, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CHECK(reason_phrase(row.status) == row.phrase);
  }
}
