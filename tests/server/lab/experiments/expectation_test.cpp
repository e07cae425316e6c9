#include "server/lab/experiments/expectation.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

const Vocabulary vocabulary({"client", "peer"});

Expectation parsed(std::string_view text) {
  std::string error;
  Expectation expectation = vocabulary.parse(text, error);
  CAPTURE(std::string(text));
  CHECK(error == "");
  return expectation;
}

TEST_CASE("whether what was seen is what is expected") {
  const Observations seen{
      {"time_wait", observed("server")},
      {"time_wait.server", observed_number(3)},
      {"client.took", observed_time(1500)},
      {"client.received", observed_number(4096)},
      {"states.client", observed("ESTABLISHED FIN_WAIT_1 TIME_WAIT")},
      {"sock_diag.TIME_WAIT", observed_number(3)},
  };
  struct Row {
    const char* text;
    std::optional<bool> expected;
  };
  const Row rows[] = {
      {"time_wait = server", true},
      {"time_wait = client", false},
      {"time_wait != client", true},
      {"time_wait.server = 3", true},
      {"time_wait.server > 3", false},
      {"time_wait.server >= 3", true},
      {"time_wait.server < 4", true},
      {"time_wait.server <= 2", false},
      {"time_wait.server = sock_diag.TIME_WAIT", true},
      {"client.took > 1s", true},
      {"client.took = 1500ms", true},
      {"client.received = 4KiB", true},
      {"states.client has TIME_WAIT", true},
      {"states.client has FIN_WAIT2", false},
      {"states.client has fin-wait-1", true},
      {"closed_first = server", std::nullopt},
      {"time_wait.server = connections", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.text));
    CHECK((holds(parsed(row.text), seen) == row.expected));
  }
}

TEST_CASE("a state that was not seen may have been missed, where the look at it was interrupted") {
  const Observations seen{{"states.client", {.text = "SYN_SENT TIME_WAIT", .doubt = "busy"}}};
  CHECK(holds(parsed("states.client has TIME_WAIT"), seen) == true);
  CHECK_FALSE(holds(parsed("states.client has FIN_WAIT_2"), seen).has_value());
  CHECK(seen_text(parsed("states.client has TIME_WAIT"), seen) == "SYN_SENT TIME_WAIT");
  CHECK(seen_text(parsed("states.client has FIN_WAIT_2"), seen) == "SYN_SENT TIME_WAIT (busy)");
}

TEST_CASE("impossible expectations are refused") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"time_wait", "\"time_wait\" is not NAME = VALUE"},
      {"time_wait == server", "\"==\" is none of = != < <= > >= has"},
      {"time_wait = sever", "time_wait can't be \"sever\", but server, client, both, none"},
      {"time_wait > server", "time_wait is compared with = or !="},
      {"time_wat = server", "unknown observation \"time_wat\"; did you mean \"time_wait\"?"},
      {"cilent.result = ok", "unknown observation \"cilent.result\"; did you mean \"client.result\"?"},
      {"client.result = EADRINUSE",
       "client.result can't be \"EADRINUSE\", but ok, timeout, EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, "
       "ECONNABORTED, EHOSTUNREACH, EINVAL, EPIPE, ETIMEDOUT, ENOTCONN"},
      {"states.client has OPEN", "\"OPEN\" is no TCP state"},
      {"client.took > 5", "\"5\" has no unit; write 5s for seconds or 5ms"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.text));
    std::string error;
    vocabulary.parse(row.text, error);
    CHECK(error == row.error);
  }
}

}  // namespace
}  // namespace closelab::lab
