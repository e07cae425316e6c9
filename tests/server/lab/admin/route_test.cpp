#include "server/lab/admin/route.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

std::vector<AdminRoute> some_routes() {
  const Action none;
  return {{"GET", "/", {}, "list", none},
          {"GET", "/rules", {}, "rules", none},
          {"PUT", "/rules", {}, "replace", none},
          {"DELETE", "/rules/ID", {}, "remove", none},
          {"GET", "/connections", {"phase", "after", "limit"}, "records", none},
          {"GET", "/connections/ID", {"wait"}, "record", none},
          {"POST", "/connections/ID/close", {"mode"}, "close", none}};
}

/// The help of the route and the id, or the status and Allow.
std::string found(std::string_view method, std::string_view path) {
  static const std::vector<AdminRoute> routes = some_routes();
  try {
    const auto [route, id] = find_route(routes, method, path);
    return std::string(route->help) + ' ' + std::to_string(id);
  } catch (const Refusal& refusal) {
    return std::to_string(refusal.status()) + ' ' + refusal.details().value("allow", "");
  }
}

TEST_CASE("a method and a path find their route") {
  struct Case {
    const char* method;
    const char* path;
    const char* found;
  };
  const Case cases[] = {
      {"GET", "/", "list 0"},
      {"HEAD", "/", "list 0"},
      {"GET", "/rules", "rules 0"},
      {"PUT", "/rules", "replace 0"},
      {"DELETE", "/rules/7", "remove 7"},
      {"GET", "/connections/18446744073709551615", "record 18446744073709551615"},
      {"POST", "/connections/3/close", "close 3"},
      {"POST", "/rules", "405 GET, HEAD, PUT"},
      {"OPTIONS", "/rules", "405 GET, HEAD, PUT"},
      {"GET", "/connections/3/close", "405 POST"},
      {"get", "/rules", "405 GET, HEAD, PUT"},
      {"GET", "/rule", "404 "},
      {"GET", "/rules/", "404 "},
      {"GET", "//rules", "404 "},
      {"GET", "/connections/", "404 "},
      {"GET", "/connections/0", "404 "},
      {"GET", "/connections/-1", "404 "},
      {"GET", "/connections/1x", "404 "},
      {"GET", "/connections/18446744073709551616", "404 "},
      {"GET", "/connections/ID/close", "404 "},
      {"POST", "/connections/3/close/", "404 "},
      {"POST", "/connections/close", "404 "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.method);
    CAPTURE(c.path);
    CHECK(found(c.method, c.path) == c.found);
  }
}

TEST_CASE("only the route's own parameters are read") {
  const auto routes = some_routes();
  const AdminRoute& connections = routes[4];
  CHECK(read_parameters(connections, "phase=idle&after=3").size() == 2);
  CHECK(read_parameters(connections, "").empty());
  CHECK_THROWS_WITH(read_parameters(connections, "afer=3"), "unknown parameter \"afer\"; did you mean \"after\"?");
  CHECK_THROWS_WITH(read_parameters(routes[1], "x=1"), "unknown parameter \"x\"; GET / lists the parameters");
  CHECK_THROWS_WITH(read_parameters(connections, "after=%"), "\"after=%\" has a \"%\" without two hexadecimal digits");
  CHECK_THROWS_WITH(read_parameters(connections, "after=3&after=4"), "\"after\" is given twice");
}

TEST_CASE("a call's parameters are a text, a number or a list") {
  const Call call{.responder = Responder(nullptr), .query = {{"after", "4"}, {"phase", "idle,closing"}}};
  CHECK(call.parameter("after") == "4");
  CHECK_FALSE(call.parameter("limit"));
  CHECK(call.number("after", 9) == 4);
  CHECK(call.number("limit", 9) == 9);
  CHECK(call.list("phase") == std::vector<std::string>{"idle", "closing"});
  CHECK(call.list("types").empty());
  CHECK_THROWS_WITH(call.number("phase", 0), "phase: \"idle,closing\" is not a number");
}

}  // namespace
}  // namespace closelab::lab
