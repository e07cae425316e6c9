// HEAD /echo announced a byte more than GET /echo had (RFC 9110 §9.3.2).

#include <doctest/doctest.h>

#include "server/lab/serve/routes.h"

using namespace closelab;

TEST_CASE("HEAD /echo has the length of GET /echo") {
  Request request;
  request.target = request.path = "/echo";
  request.method = "GET";
  const std::string body = lab::echo(request).body;
  request.method = "HEAD";
  CHECK(lab::echo(request).body == body);
}
