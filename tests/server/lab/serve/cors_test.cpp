#include "server/lab/serve/cors.h"

#include <doctest/doctest.h>

#include "server/lab/serve/query_options.h"

namespace closelab::lab {
namespace {

Request request(std::string_view method, std::vector<FieldView> fields) {
  Request request;
  request.method = method;
  request.target = "/?close=abortive";
  request.path = "/";
  request.query = "close=abortive";
  request.fields = std::move(fields);
  return request;
}

std::string field(const Response& response, std::string_view name) {
  for (const Field& field : response.headers) {
    if (field.name == name) return field.value;
  }
  return "none";
}

Response handled(const Request& request) {
  return with_cors(Handler([](const Request&) { return Response{.status = 418}; }))(request);
}

TEST_CASE("scripts of other origins may read answers; to others nothing is said") {
  const Response response = handled(request("GET", {{"Origin", "http://a.example"}}));
  CHECK(response.status == 418);
  CHECK(field(response, "Access-Control-Allow-Origin") == "*");
  CHECK(field(response, "Access-Control-Expose-Headers") == "*");
  CHECK(field(response, "Timing-Allow-Origin") == "*");
  CHECK(handled(request("GET", {})).headers.empty());
}

TEST_CASE("a preflight is allowed everything, and its query is no rule of its own") {
  const Request preflight = request("OPTIONS", {{"Origin", "http://a.example"},
                                                {"Access-Control-Request-Method", "PUT"},
                                                {"Access-Control-Request-Headers", "x-a, x-b"},
                                                {"Access-Control-Request-Private-Network", "true"}});
  const Response response = handled(preflight);
  CHECK(response.status == 204);
  CHECK(field(response, "Access-Control-Allow-Origin") == "*");
  CHECK(field(response, "Access-Control-Allow-Methods") == "*");
  CHECK(field(response, "Access-Control-Allow-Headers") == "*, Authorization");
  CHECK(field(response, "Access-Control-Allow-Private-Network") == "true");
  CHECK(field(response, "Access-Control-Max-Age") == "0");
  CHECK(rules_behind_preflight(preflight).empty());
  CHECK(rules_behind_preflight(request("PUT", {{"Origin", "http://a.example"}})).size() == 1);
}

TEST_CASE("OPTIONS alone is no preflight") {
  CHECK_FALSE(is_preflight(request("OPTIONS", {})));
  CHECK_FALSE(is_preflight(request("OPTIONS", {{"Origin", "http://a.example"}})));
  CHECK_FALSE(is_preflight(request("GET", {{"Origin", "a"}, {"Access-Control-Request-Method", "GET"}})));
}

TEST_CASE("what is refused for its head may be read, too") {
  const HeadHandler refuse = with_cors(HeadHandler([](const Request&) { return Response{.status = 405}; }));
  CHECK(field(*refuse(request("PUT", {{"Origin", "http://a.example"}})), "Access-Control-Allow-Origin") == "*");
  const HeadHandler pass = with_cors(HeadHandler([](const Request&) { return std::nullopt; }));
  CHECK_FALSE(pass(request("PUT", {})));
}

}  // namespace
}  // namespace closelab::lab
