// A response that a rule had cut stood in the ladder at the time of its request, before rules that had held it up or
// changed it: an effect before its cause.

#include <doctest/doctest.h>

#include <algorithm>

#include "server/record/picture.h"
#include "tests/server/record/a_record.h"

namespace closelab::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("issue: a rule stands before the response that shows what it did") {
  ConnectionRecord record = server_closed();
  record.requests[0].answered_at = 0ns;
  record.rules_fired = {
      {.at = 250us, .rule_id = 1, .request_number = 1, .text = "truncate", .moment = At::before_response},
      {.at = 300us, .rule_id = 2, .request_number = 1, .text = "close", .moment = At::response_body}};
  const Picture picture = picture_of(record);
  const auto order = [&picture](RungKind kind) {
    return std::ranges::find(picture.rungs, kind, &Rung::kind) - picture.rungs.begin();
  };
  CHECK(order(RungKind::rule) < order(RungKind::response));
  const auto last_rule = std::ranges::find(picture.rungs, 300us, &Rung::at) - picture.rungs.begin();
  CHECK(order(RungKind::response) < last_rule);
}

}  // namespace
}  // namespace closelab::server
