// A connection whose last answer did not get to the kernel said that a handler may have seen its request, though the
// server itself had answered: its `retry` was worse than that of any of its requests.

#include <doctest/doctest.h>

#include "server/connection/exchange.h"

namespace closelab::server {

TEST_CASE("what an unsent answer means depends on who has seen its request") {
  Exchange exchange{HttpLimits{}};
  CHECK(exchange.retry() == Retry::not_needed);
  exchange.unflushed.emplace_back().seen_by = SeenBy::server;
  CHECK(exchange.retry() == Retry::safe);
  exchange.unflushed.emplace_back().seen_by = SeenBy::handler;
  CHECK(exchange.retry() == Retry::if_idempotent);
  exchange.unflushed.back().answered_at = std::chrono::milliseconds(1);
  CHECK(exchange.retry() == Retry::safe);
}

}  // namespace closelab::server
