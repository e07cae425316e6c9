#include "server/rules/rule_matcher.h"

#include <doctest/doctest.h>

#include <cmath>

namespace closelab::server {
namespace {

TEST_CASE("a rule matches the connection, request and path that it names") {
  struct Case {
    Rule rule;
    Place place;
    bool expected;
  };
  const Rule any;
  const Place fresh{.connection_id = 2, .request_number = 0, .path = ""};
  const Place third{.connection_id = 2, .request_number = 3, .path = "/bytes/10"};
  const Case cases[] = {
      {any, fresh, true},
      {any, third, true},
      {Rule{}.on_connection(2), fresh, true},
      {Rule{}.on_connection(2), third, true},
      {Rule{}.on_connection(1), third, false},
      {Rule{}.on_connection(22), third, false},
      {Rule{}.on_request(3), third, true},
      {Rule{}.on_request(1), third, false},
      {Rule{}.on_request(1), fresh, false},
      {Rule{}.on_path("/bytes/10"), third, true},
      {Rule{}.on_path("/bytes/1"), third, false},
      {Rule{}.on_path("/bytes/10/"), third, false},
      {Rule{}.on_path("/bytes"), third, false},
      {Rule{}.on_path("/bytes*"), third, true},
      {Rule{}.on_path("/bytes/*"), third, true},
      {Rule{}.on_path("/bytes/10*"), third, true},
      {Rule{}.on_path("/bytes/10/*"), third, false},
      {Rule{}.on_path("/echo*"), third, false},
      {Rule{}.on_path("/*"), third, true},
      {Rule{}.on_path("/*"), fresh, false},
      {Rule{}.on_path("/by*s/10"), third, false},
      {Rule{}.on_connection(2).on_request(3).on_path("/*"), third, true},
      {Rule{}.on_connection(1).on_request(3).on_path("/*"), third, false},
      {Rule{}.on_connection(2).on_request(1).on_path("/*"), third, false},
      {Rule{}.on_connection(2).on_request(3).on_path("/"), third, false},
  };
  for (const Case& c : cases) {
    CAPTURE(describe(c.rule));
    CAPTURE(c.place.request_number);
    CHECK(matches(c.rule, c.place) == c.expected);
  }
}

TEST_CASE("probability 0 never acts, and 1 always") {
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    CHECK_FALSE(draws(0, i, 1, i, 1));
    CHECK(draws(1, i, 1, i, 1));
  }
}

TEST_CASE("what is drawn follows from each argument") {
  // 64 draws that differ in one argument: were it ignored, they would all be the same.
  using Draw = bool (*)(std::uint64_t);
  const Draw cases[] = {
      [](std::uint64_t i) { return draws(0.5, i, 1, 1, 1); },
      [](std::uint64_t i) { return draws(0.5, 1, i, 1, 1); },
      [](std::uint64_t i) { return draws(0.5, 1, 1, i, 1); },
      [](std::uint64_t i) { return draws(0.5, 1, 1, 1, i); },
      [](std::uint64_t i) { return draws(0.5, 1, i, 64 - i, 1); },
  };
  for (const Draw draw : cases) {
    int acted = 0;
    for (std::uint64_t i = 0; i < 64; ++i) {
      CHECK(draw(i) == draw(i));
      acted += draw(i) ? 1 : 0;
    }
    CHECK(acted > 12);
    CHECK(acted < 52);
  }
}

TEST_CASE("rules act as often as their probability says, for every seed") {
  constexpr std::uint64_t connections = 200;
  constexpr std::uint64_t requests = 100;
  for (const double probability : {0.01, 0.1, 0.5, 0.9}) {
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{42}, ~std::uint64_t{0}}) {
      CAPTURE(probability);
      CAPTURE(seed);
      std::uint64_t acted = 0;
      for (std::uint64_t c = 1; c <= connections; ++c)
        for (std::uint64_t r = 1; r <= requests; ++r) acted += draws(probability, seed, 1, c, r) ? 1 : 0;
      const double n = connections * requests;
      const double deviation = std::sqrt(n * probability * (1 - probability));
      CHECK(std::abs(static_cast<double>(acted) - n * probability) < 4 * deviation);
    }
  }
}

}  // namespace
}  // namespace closelab::server
