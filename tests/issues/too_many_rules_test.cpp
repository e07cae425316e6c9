// Rules had no bound: 100 requests with rules of 900 kB took 102 MB, and a stop 6.6 s.

#include <stdexcept>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("the number of rules is bounded, and what goes beyond changes nothing") {
  TestServer server;
  std::vector<Rule> rules(1000, at_idle(1h).close());
  server.set_rules(rules);
  CHECK_THROWS_WITH_AS(server.add_rule(rules.front()), "rules: there may be 1000, and these are 1001",
                       std::invalid_argument);
  rules.push_back(rules.front());
  CHECK_THROWS_AS(server.set_rules(rules), std::invalid_argument);
  CHECK(server.rules().size() == 1000);
  server.set_rules({});
  CHECK(server.add_rule(rules.front()) > 1000);
}

TEST_CASE("their bytes are bounded") {
  TestServer server;
  const std::string path = '/' + std::string(900'000, 'x');
  server.add_rule(at(At::before_response).close().on_path(path));
  CHECK_THROWS_AS(server.add_rule(at(At::before_response).close().on_path(path)), std::invalid_argument);
  CHECK(server.rules().size() == 1);
}

}  // namespace
}  // namespace closelab::loopback
