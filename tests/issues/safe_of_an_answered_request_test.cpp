// "retry safe: no handler got the request" stood under a request that was answered; and of a TIME_WAIT that the kernel
// had no room for no reason was given when packets showed that there was no RST.

#include <doctest/doctest.h>

#include "server/lab/serve/log.h"

namespace closelab::lab {
namespace {

std::string settled(const ConnectionRecord& record) {
  return text_log([] { return TextLayout{}; })->settled(record);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("what is safe to send again is named: a request of the record, or one after them") {
  ConnectionRecord record;
  record.retry = Retry::safe;
  record.requests.resize(1);
  record.retry_source = Source::inferred;
  CHECK(contains(settled(record),
                 "retry      safe: no handler got the request that may have been sent after the last one\n"));
  record.retry_source = Source::capture;
  CHECK(contains(settled(record), "retry      safe: no handler got the request that came after the last one\n"));
  record.requests[0].retry = Retry::safe;
  CHECK(contains(settled(record), "retry      safe: no handler got the request\n"));
}

TEST_CASE("a TIME_WAIT that is missing without an RST has a reason") {
  Verdict verdict;
  verdict.closed_first = Side::server;
  verdict.closed_by = ClosedBy::fin;
  verdict.reset_by = ResetBy::none;
  verdict.time_wait = TimeWait::none;
  verdict.time_wait_source = Source::sock_diag;
  CHECK(contains(describe(verdict), "net.ipv4.tcp_max_tw_buckets"));
  verdict.client_left_in = TcpState::close_wait;
  CHECK_FALSE(contains(describe(verdict), "net.ipv4.tcp_max_tw_buckets"));
}

}  // namespace
}  // namespace closelab::lab
