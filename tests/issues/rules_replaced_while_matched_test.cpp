// Rules that were replaced while a connection looked through them were used after they were gone.

#include <stop_token>
#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("rules may be replaced at any time") {
  TestServer server;
  const std::jthread replacing([&](const std::stop_token& done) {
    const std::vector<Rule> rules(50, at(At::before_response).close(CloseMode::abortive).on_path("/never"));
    while (!done.stop_requested()) server.set_rules(rules);
  });
  Client client(server);
  bool all_answered = true;
  for (int i = 0; i < 500; ++i) all_answered = client.exchange(get("/")).body == "hello" && all_answered;
  CHECK(all_answered);
}

}  // namespace
}  // namespace closelab::loopback
