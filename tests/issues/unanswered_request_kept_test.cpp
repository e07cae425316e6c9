// A request whose connection had ended before its answer did was logged, and printed, as one after which the
// connection is kept: "unanswered  keep".

#include <doctest/doctest.h>

#include <sstream>

#include "server/lab/serve/log.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

bool is_kept(const RequestRecord& request) {
  const std::string line = text_log([] { return TextLayout{}; })->request(ConnectionRecord{}, request);
  std::ostringstream printed;
  printed << request;
  CHECK(line.ends_with("  keep\n") == printed.str().ends_with("; keep"));
  return line.find("keep") != std::string::npos;
}

TEST_CASE("nothing is kept after an answer without an end") {
  RequestRecord request;
  request.method = "GET";
  CHECK_FALSE(is_kept(request));
  request.status = 200;
  CHECK_FALSE(is_kept(request));
  request.answered_at = 2ms;
  CHECK(is_kept(request));
}

}  // namespace
}  // namespace closelab::lab
