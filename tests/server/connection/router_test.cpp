#include "server/connection/router.h"

#include <doctest/doctest.h>

#include <string>

namespace closelab::server {
namespace {

Router::Route named(const std::string& name) {
  return {[name](const Request&) { return Response{.body = name}; }, {}, {}};
}

/// The body that the route of this path answers; `none` without a route.
std::string answer(Routes& routes, std::string_view path) {
  const auto route = routes.find(path);
  return route != nullptr ? route->handler(Request{}).body : "none";
}

TEST_CASE("the exact pattern wins, else the longest prefix") {
  Router router;
  Routes routes(router);
  for (const char* pattern : {"/", "/a", "/a/*", "/a/b/*", "/a/b/c", "/z*"}) router.add(pattern, named(pattern));
  const struct {
    const char* path;
    const char* pattern;
  } rows[] = {
      {"/", "/"},          {"/a", "/a"},         {"/a/", "/a/*"},       {"/a/x", "/a/*"},     {"/a/b", "/a/*"},
      {"/a/b/", "/a/b/*"}, {"/a/b/c", "/a/b/c"}, {"/a/b/c/", "/a/b/*"}, {"/a/b/*", "/a/b/*"}, {"/z", "/z*"},
      {"/zebra", "/z*"},   {"/b", "none"},       {"/A", "none"},        {"", "none"},         {"/aa", "none"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    CHECK(answer(routes, row.path) == row.pattern);
  }
}

TEST_CASE("`*` alone is everything that nothing else matches") {
  Router router;
  Routes routes(router);
  router.add("*", named("any"));
  router.add("/a*", named("a"));
  CHECK(answer(routes, "/b") == "any");
  CHECK(answer(routes, "*") == "any");
  CHECK(answer(routes, "/ab") == "a");
}

TEST_CASE("a later handler replaces the earlier one, who may still be serving") {
  Router router;
  Routes routes(router);
  router.add("/a", named("first"));
  router.add("/p/*", named("first"));
  const auto serving = routes.find("/a");
  router.add("/a", named("second"));
  router.add("/p/*", named("second"));
  CHECK(answer(routes, "/a") == "second");
  CHECK(answer(routes, "/p/x") == "second");
  CHECK(serving->handler(Request{}).body == "first");
}

}  // namespace
}  // namespace closelab::server
