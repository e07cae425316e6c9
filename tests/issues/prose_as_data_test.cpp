// The text log colored a line by words in it, so that a path named /FIN was drawn as a FIN, and cut a verdict at
// "; TIME_WAIT"; a record's sentence got its reason inserted at the first semicolon.

#include <doctest/doctest.h>

#include "server/lab/serve/log.h"
#include "tests/server/record/a_record.h"

namespace closelab::lab {
namespace {

std::string settled(const ConnectionRecord& record) {
  return text_log([] { return TextLayout{.style = TextStyle::colored}; })->settled(record);
}

TEST_CASE("issue: a request whose path speaks of RST and TIME_WAIT is not colored as one") {
  ConnectionRecord record = server_closed();
  record.requests[0].target = "/ RST TIME_WAIT FIN ";
  const std::string text = settled(record);
  const std::size_t begin = text.rfind('\n', text.find("GET / RST"));
  CHECK(text.substr(begin, text.find('\n', begin + 1) - begin).find('\x1b') == std::string::npos);
}

TEST_CASE("issue: the reason is that of the side that closed first") {
  ConnectionRecord record = server_closed();
  record.verdict.closed_first = Side::client;
  CHECK(describe(record).find("because") == std::string::npos);
  CHECK(settled(record).find("because    the client chose to; the server would have closed because the request said") !=
        std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
