#include "server/connection/request_rest.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace closelab::server {
namespace {

using enum http::MessageRest::End;
using enum RequestRest::Further;

struct Row {
  http::MessageRest rest;
  std::string_view bytes;
  RequestRest::Further further;
};

constexpr Row rows[] = {
    {{counted, 0}, "", none},
    {{counted, 0}, "\r\n", none},
    {{counted, 0}, "GET", request},
    {{counted, 3}, "abc", none},
    {{counted, 3}, "abc\r\n", none},
    {{counted, 3}, "abcd", request},
    {{empty_line}, "more: of it\r\n", none},
    {{empty_line}, "more: of it\r\n\r\n", none},
    {{empty_line}, "more: of it\r\n\r\nGET", perhaps},
    {{empty_line}, "of it\n\nGET", perhaps},
    {{empty_line}, "\r\nGET", perhaps},
    {{empty_line}, "of it\r\nGET", none},
    {{unknown}, "\r\n", none},
    {{unknown}, "a", perhaps},
};

TEST_CASE("what comes after the rest of a request, in one piece and byte by byte") {
  for (const Row& row : rows) {
    CAPTURE(std::string(row.bytes));
    CHECK(RequestRest(row.rest).take(row.bytes) == row.further);
    RequestRest rest(row.rest);
    RequestRest::Further further = none;
    for (const char& byte : row.bytes) further = std::max(further, rest.take({&byte, 1}));
    CHECK(further == row.further);
  }
}

TEST_CASE("bytes that nobody has looked at are no request as far as the rest is known to go") {
  CHECK(RequestRest({counted, 3}).take_unseen(3) == none);
  CHECK(RequestRest({counted, 3}).take_unseen(4) == request);
  CHECK(RequestRest({empty_line}).take_unseen(0) == none);
  CHECK(RequestRest({empty_line}).take_unseen(1) == perhaps);
  CHECK(RequestRest({unknown}).take_unseen(1) == perhaps);
}

}  // namespace
}  // namespace closelab::server
