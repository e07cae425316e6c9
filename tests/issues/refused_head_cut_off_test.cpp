// A client that was refused in the middle of a head, and cut off by our RST while it went on sending, was said to have
// its answer for sure; the same in a body was right.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// Sends a byte every 2 ms until the server has had enough: all at once would meet other bounds than those of time.
ConnectionRecord record_of(const Options& options, const std::string& begin) {
  TestServer server(options);
  Client client(server);
  client.send(begin);
  while (client.try_send("x").error == 0) std::this_thread::sleep_for(2ms);
  return server.closed();
}

void check_cut_off(const ConnectionRecord& record, int status) {
  CAPTURE(record);
  REQUIRE(record.requests.size() == 1);
  const RequestRecord& request = record.requests.front();
  CHECK(request.status == status);
  CHECK(request.retry == Retry::safe);
  CHECK(request.answer_may_be_unread);
  const auto* unfinished = find<fact::RequestUnfinished>(record);
  REQUIRE(unfinished != nullptr);
  CHECK(unfinished->part == fact::RequestUnfinished::Part::head);
}

}  // namespace

TEST_CASE("who is cut off in a head may not have read the answer") {
  Options options;
  options.timeouts.header_timeout = 50ms;
  options.lingering.time = 50ms;
  check_cut_off(record_of(options, "GET / HTTP/1.1\r\nX: "), 408);
  check_cut_off(record_of(options, "GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x')), 431);
}

}  // namespace closelab::loopback
