#include "closelab/record.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/server/record/a_record.h"

namespace closelab {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the description says who, how and why in one sentence") {
  ConnectionRecord record = server_closed();
  CHECK(describe(record) == "connection 3: the server closed first, by FIN, because " +
                                std::string(describe(CloseReason::request_close)) + "; TIME_WAIT: server");
  record.verdict.closed_first = Side::client;
  record.close_reason = CloseReason::peer_closed;
  CHECK(describe(record) == "connection 3: the client closed first, by FIN; TIME_WAIT: server");
  // What the server was about to do is no reason of the client's.
  record.close_reason = CloseReason::request_close;
  CHECK(describe(record) == "connection 3: the client closed first, by FIN; TIME_WAIT: server");
  record.phase = Phase::idle;
  CHECK(describe(record) == "connection 3: idle, 1 request");
}

TEST_CASE("a record prints as its description and its ladder") {
  const ConnectionRecord record = server_closed();
  std::ostringstream out;
  out << record;
  CHECK(out.str() == describe(record) + "\n" + ladder(record));
}

TEST_CASE("phases have names") {
  CHECK(to_string(Phase::idle) == "idle");
  CHECK(to_string(Phase::settled) == "settled");
}

}  // namespace
}  // namespace closelab
