#include "net/verdict/captured_order.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

constexpr Sender server = Sender::server;
constexpr Sender client = Sender::client;

// The client has sent 100 to 199, the server 500 to 599: their FINs take 200 and 600.

struct Row {
  std::string name;
  std::vector<fact::Segment> segments;
  CapturedOrder order;
};

std::vector<Evidence> as_evidence(const std::vector<fact::Segment>& segments) {
  std::vector<Evidence> evidence;
  for (const fact::Segment& each : segments) evidence.push_back({{}, Source::capture, each});
  return evidence;
}

constexpr Side both = Side::both;
constexpr Side undetermined = Side::undetermined;

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"the client's FIN acknowledges the server's",
       {segment(server, "F.", 600, 200), segment(client, "F.", 200, 601)},
       {Side::server, ClosedBy::fin, ResetBy::none, false}},
      {"the server's FIN acknowledges the client's",
       {segment(client, "F.", 200, 600), segment(server, "F.", 600, 201)},
       {Side::client, ClosedBy::fin, ResetBy::none, true}},
      {"neither does: they crossed",
       {segment(client, "F.", 200, 600), segment(server, "F.", 600, 200)},
       {both, ClosedBy::fin, ResetBy::none, true}},
      {"they crossed, and one was sent again with what had come since",
       {segment(server, "F.", 600, 200), segment(client, "F.", 200, 600), segment(client, "F.", 200, 601)},
       {both, ClosedBy::fin, ResetBy::none, true}},
      {"a FIN with data takes its number after them",
       {segment(server, "F.", 500, 200, 100), segment(client, "F.", 200, 601)},
       {Side::server, ClosedBy::fin, ResetBy::none, false}},
      {"only the server's FIN: its client keeps its end open",
       {segment(server, "F.", 600, 200)},
       {Side::server, ClosedBy::fin, ResetBy::none, false}},
      {"only the client's", {segment(client, "F.", 200, 600)}, {Side::client, ClosedBy::fin, ResetBy::none, true}},
      {"the server aborts", {segment(server, "R.", 600, 200)}, {Side::server, ClosedBy::rst, ResetBy::server, false}},
      {"the client aborts", {segment(client, "R.", 200, 600)}, {Side::client, ClosedBy::rst, ResetBy::client, false}},
      {"the client's end is gone, and what ended it was lost",
       {segment(client, "R", 201)},
       {Side::client, ClosedBy::undetermined, ResetBy::client, false}},
      {"the client aborts when it has the server's FIN",
       {segment(server, "F.", 600, 200), segment(client, "R.", 200, 601)},
       {Side::server, ClosedBy::fin, ResetBy::client, false}},
      {"the server aborts when it has the client's FIN",
       {segment(client, "F.", 200, 600), segment(server, "R.", 600, 201)},
       {Side::client, ClosedBy::fin, ResetBy::server, true}},
      {"the client's FIN; the server's answer draws its RST, and the FIN that follows another",
       {segment(client, "F.", 200, 500), segment(server, "F.", 600, 201), segment(client, "R", 201),
        segment(client, "R", 201)},
       {Side::client, ClosedBy::fin, ResetBy::client, true}},
      {"the server's FIN, and what the client then sends draws its RST",
       {segment(server, "F.", 600, 200), segment(server, "R", 601)},
       {Side::server, ClosedBy::fin, ResetBy::server, false}},
      {"the client's FIN, which the server did not take in before its RST",
       {segment(client, "F.", 200, 600), segment(server, "R.", 600, 200)},
       {undetermined, ClosedBy::undetermined, ResetBy::server, true}},
      {"the client's RST crosses the server's FIN",
       {segment(server, "F.", 600, 200), segment(client, "R.", 200, 600)},
       {undetermined, ClosedBy::undetermined, ResetBy::client, false}},
      {"the client's RST does not say what had come",
       {segment(server, "F.", 600, 200), segment(client, "R", 200)},
       {undetermined, ClosedBy::undetermined, ResetBy::client, false}},
      {"both abort at once",
       {segment(server, "R.", 600, 200), segment(client, "R.", 200, 600)},
       {undetermined, ClosedBy::rst, ResetBy::server, false}},
      {"sequence numbers wrap",
       {segment(server, "F.", 0xffffffff, 200), segment(client, "F.", 200, 0)},
       {Side::server, ClosedBy::fin, ResetBy::none, false}},
      {"the handshake says nothing of the end",
       {segment(client, "S", 99), segment(server, "S.", 499, 100), segment(client, "F.", 200, 600)},
       {Side::client, ClosedBy::fin, ResetBy::none, true}},
  };
  return table;
}

TEST_CASE("sequence and acknowledgement numbers tell who closed first, whatever the order of capture") {
  for (const Row& row : rows()) {
    CAPTURE(row.name);
    std::vector<fact::Segment> segments = row.segments;
    for (int direction = 0; direction < 2; ++direction) {
      const auto order = captured_order(as_evidence(segments));
      REQUIRE(order);
      CHECK(order->closed_first == row.order.closed_first);
      CHECK(order->closed_by == row.order.closed_by);
      // Where both have reset, the first that was seen is named.
      if (row.order.closed_by != ClosedBy::rst || direction == 0) CHECK(order->reset_by == row.order.reset_by);
      CHECK(order->client_closed_actively == row.order.client_closed_actively);
      segments.assign(row.segments.rbegin(), row.segments.rend());
    }
  }
}

TEST_CASE("acknowledgement numbers tell how much of what came before our FIN has arrived") {
  struct {
    std::string name;
    std::vector<fact::Segment> segments;
    std::optional<std::uint32_t> unacknowledged;
  } const table[]{
      {"the client's FIN acknowledges ours", {segment(server, "F.", 600, 200), segment(client, "F.", 200, 601)}, 0U},
      {"its FIN was there before the last 40 bytes",
       {segment(client, "F.", 200, 560), segment(server, "F.", 600, 201)},
       40U},
      {"our FIN carries data", {segment(client, "F.", 200, 500), segment(server, "F.", 500, 201, 100)}, 100U},
      {"the client's RST acknowledges our FIN", {segment(server, "F.", 600, 200), segment(client, "R.", 200, 601)}, 0U},
      {"an RST of ours has the number that the client acknowledged",
       {segment(server, "F.", 600, 200), segment(server, "R", 601)},
       0U},
      {"the same of an older segment", {segment(server, "F.", 600, 200), segment(server, "R", 550)}, 50U},
      {"the most counts", {segment(server, "F.", 600, 200), segment(server, "R", 601), segment(server, "R", 550)}, 0U},
      {"the client's RST without an ACK says nothing",
       {segment(server, "F.", 600, 200), segment(client, "R", 200)},
       {}},
      {"without our FIN more may have been queued",
       {segment(server, "R.", 600, 200), segment(client, "F.", 200, 600)},
       {}},
      {"numbers wrap", {segment(server, "F.", 5, 200), segment(client, "F.", 200, 0xfffffffb)}, 10U},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto order = captured_order(as_evidence(row.segments));
    REQUIRE(order);
    CHECK(order->unacknowledged == row.unacknowledged);
  }
}

TEST_CASE("a FIN that acknowledges ours, after bytes that ours had not, may have waited for them") {
  struct {
    std::string name;
    std::vector<fact::Segment> segments;
    bool may_have_waited;
  } const table[]{
      {"all had come before our FIN", {segment(server, "F.", 600, 200), segment(client, "F.", 200, 601)}, false},
      {"bytes came after it", {segment(server, "F.", 600, 200), segment(client, "F.", 80200, 601)}, true},
      {"they are in its segment", {segment(server, "F.", 600, 200), segment(client, "F.", 200, 601, 50)}, true},
      {"the FINs crossed", {segment(server, "F.", 600, 200), segment(client, "F.", 300, 600)}, false},
      {"our FIN was sent again",
       {segment(server, "F.", 600, 200), segment(server, "F.", 600, 80200), segment(client, "F.", 80200, 601)},
       true},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto order = captured_order(as_evidence(row.segments));
    REQUIRE(order);
    CHECK(order->client_fin_may_have_waited == row.may_have_waited);
  }
}

TEST_CASE("an RST of the server's without an ACK answers a segment that came too late") {
  const fact::Segment fin = segment(server, "F.", 600, 200);
  const fact::Segment abort = segment(server, "R.", 600, 200);
  const fact::Segment answer = segment(server, "R", 601);
  struct {
    std::string name;
    std::vector<fact::Segment> segments;
    LateSegment late;
  } const table[]{
      {"none", {fin, segment(client, "F.", 200, 601)}, LateSegment::none},
      {"data after our FIN", {fin, answer}, LateSegment::data},
      {"our abort says nothing", {abort}, LateSegment::none},
      {"after our abort it may be a bare ACK", {abort, answer}, LateSegment::perhaps},
      {"our FIN, then our abort", {fin, abort, answer}, LateSegment::perhaps},
      {"it is the client's FIN", {fin, segment(client, "F.", 200, 601), answer}, LateSegment::none},
      {"it is data before the client's FIN", {fin, segment(client, "F.", 300, 600), answer}, LateSegment::data},
      {"the client's own RST", {fin, segment(client, "R", 200)}, LateSegment::none},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto order = captured_order(as_evidence(row.segments));
    REQUIRE(order);
    CHECK(order->late == row.late);
  }
}

TEST_CASE("without a FIN or RST, or with gaps, packets decide nothing") {
  CHECK_FALSE(captured_order({}));
  CHECK_FALSE(captured_order(as_evidence({segment(client, "S", 99), segment(server, "S.", 499, 100)})));
  std::vector<Evidence> evidence = as_evidence({segment(client, "F.", 200, 600)});
  evidence.push_back({{}, Source::capture, fact::CaptureIncomplete{3}});
  CHECK_FALSE(captured_order(evidence));
}

}  // namespace
}  // namespace closelab::net
