// /status/CODE left out the fields that RFC 9110 §15 asks for with that status.

#include <doctest/doctest.h>

#include <algorithm>

#include "server/lab/serve/routes.h"

using namespace closelab;

TEST_CASE("an answer of /status/CODE has the fields of its status") {
  struct Row {
    std::string_view path, name, value;
  };
  constexpr Row rows[] = {
      {"/status/206", "Content-Range", "bytes 0-19/20"},
      {"/status/300", "Location", "/"},
      {"/status/301", "Location", "/"},
      {"/status/302", "Location", "/"},
      {"/status/303", "Location", "/"},
      {"/status/307", "Location", "/"},
      {"/status/308", "Location", "/"},
      {"/status/401", "WWW-Authenticate", "Basic realm=\"closelab\""},
      {"/status/405", "Allow", ""},
      {"/status/407", "Proxy-Authenticate", "Basic realm=\"closelab\""},
      {"/status/416", "Content-Range", "bytes */0"},
      {"/status/426", "Upgrade", "h2c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    Request request;
    request.method = "GET";
    request.target = request.path = row.path;
    const Response response = lab::status(request);
    const auto field = std::ranges::find(response.headers, row.name, &Field::name);
    REQUIRE(field != response.headers.end());
    CHECK(field->value == row.value);
  }
}
