#include "server/lab/audit/reply.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("a driver's line") {
  const Reply ok = parse_reply("3 ok 200 10", 3).reply;
  CHECK(ok.kind == Reply::Kind::ok);
  CHECK(ok.status == 200);
  CHECK(ok.bytes == 10);
  const Reply error = parse_reply("3 err connection reset by peer", 3).reply;
  CHECK(error.kind == Reply::Kind::error);
  CHECK(error.text == "connection reset by peer");
  CHECK_FALSE(error.status);
  CHECK(parse_reply("3 na", 3).reply.kind == Reply::Kind::not_applicable);
}

TEST_CASE("a line that is none of the protocol's is refused") {
  for (const char* line :
       {"", "ok 200 10", "2 ok 200 10", "3 ok", "3 ok 200", "3 ok two 10", "3 ok 200 10 11", "3 ok 200 -1",
        "3 ok 200 1e3", "3 ok 99999999999 10", "3 yes", "Traceback (most recent call last):"}) {
    CAPTURE(line);
    CHECK(parse_reply(line, 3).error.find("the driver said") == 0);
  }
}

}  // namespace
}  // namespace closelab::lab
