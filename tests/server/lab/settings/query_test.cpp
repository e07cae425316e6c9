#include "server/lab/settings/query.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("a query is read into its parameters") {
  struct Case {
    const char* query;
    Parameters parameters;
  };
  const Case cases[] = {
      {"", {}},
      {"a=1", {{"a", "1"}}},
      {"a=1&b=2&a=3", {{"a", "1"}, {"b", "2"}, {"a", "3"}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=1", {{"", "1"}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"&a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
      {"a=%3D%26+%2b%C3%A4", {{"a", "=& +\xc3\xa4"}}},
      {"%61=1", {{"a", "1"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const auto parsed = parse_query(c.query);
    CHECK(parsed.error == "");
    CHECK(parsed.value == c.parameters);
  }
}

TEST_CASE("a percent sign without two hexadecimal digits is refused") {
  for (const char* query : {"a=%", "a=%4", "a=%4x", "a=%-1", "a=%+1", "%zz=1", "a=1&b=%"}) {
    CAPTURE(query);
    CHECK(parse_query(query).error.ends_with("has a \"%\" without two hexadecimal digits"));
  }
}

}  // namespace
}  // namespace closelab::lab
