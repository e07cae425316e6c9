// A client that is gone answers each segment by an RST: they filled the witness's story, the verdict was lost, and the
// evidence said "its SYN was not captured" beside the SYN.

#include <doctest/doctest.h>

#include "closelab/evidence.h"
#include "net/witness/stories.h"
#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

TEST_CASE("a client's many RSTs leave its story whole") {
  Stories stories;
  const auto add = [&](const fact::Segment& what) { stories.add(seen(4000, what)); };
  add(segment(Sender::client, "S", 100));
  add(segment(Sender::server, "S.", 500, 101));
  for (std::uint32_t i = 0; i < 100; ++i) add(segment(Sender::client, "R", 1000 + i));
  CHECK(stories.testimony(ends_of(4000), 100).completeness == Testimony::Completeness::whole);
}

TEST_CASE("the evidence names the reason why segments may be missing") {
  CHECK(describe(fact::CaptureIncomplete{.gap = CaptureGap::too_many_segments}) ==
        "it had more segments with SYN, FIN or RST than the witness keeps: those that follow are not all");
  CHECK(describe(fact::CaptureIncomplete{.lost = 3}) ==
        "3 packets were not captured: some of this connection's may be among them");
}

}  // namespace
}  // namespace closelab::net
