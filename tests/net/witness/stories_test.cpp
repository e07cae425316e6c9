#include "net/witness/stories.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/net/witness/segments.h"

namespace closelab::net {
namespace {

using Completeness = Testimony::Completeness;
constexpr Sender server = Sender::server;
constexpr Sender client = Sender::client;

/// `cS100 sS.500 cF.101`: who sent what, with its sequence number.
std::string text_of(const Testimony& testimony) {
  std::string text;
  for (const StorySegment& seen : testimony.segments) {
    const fact::Segment& segment = seen.segment;
    text += text.empty() ? "" : " ";
    text += segment.from == server ? 's' : 'c';
    text += segment.syn ? "S" : "";
    text += segment.fin ? "F" : "";
    text += segment.rst ? "R" : "";
    text += segment.ack ? "." : "";
    text += std::to_string(segment.sequence);
  }
  return text;
}

void add(Stories& stories, const fact::Segment& what, std::uint16_t port = 4000) { stories.add(seen(port, what)); }

void handshake(Stories& stories, std::uint32_t client_isn, std::uint32_t server_isn) {
  add(stories, segment(client, "S", client_isn));
  add(stories, segment(server, "S.", server_isn, client_isn + 1));
}

TEST_CASE("segments become the story of the connection to which they belong, in the order in which they were seen") {
  Stories stories;
  handshake(stories, 100, 500);
  add(stories, segment(client, "S", 7), 4001);
  add(stories, segment(server, "F.", 501, 101));
  add(stories, segment(client, "F.", 101, 502));
  const Testimony testimony = stories.testimony(ends_of(4000), 100);
  CHECK(testimony.completeness == Completeness::whole);
  CHECK(text_of(testimony) == "cS100 sS.500 sF.501 cF.101");
  CHECK(text_of(stories.testimony(ends_of(4001), 7)) == "cS7");
}

TEST_CASE("what the client sends before its SYN is answered is of an older connection") {
  Stories stories;
  add(stories, segment(client, "S", 100));
  add(stories, segment(client, "R", 50));
  add(stories, segment(server, "S.", 500, 101));
  add(stories, segment(client, "F.", 101, 501));
  CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500 cF.101");
}

TEST_CASE("a v4-mapped address is the IPv4 address that packets have") {
  Stories stories;
  add(stories, segment(client, "S", 100));
  ConnectionEnds mapped = ends_of(4000);
  for (Endpoint* end : {&mapped.server, &mapped.client}) {
    end->family = AddressFamily::ipv6;
    end->address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  }
  CHECK(text_of(stories.testimony(mapped, 100)) == "cS100");
}

TEST_CASE("a connection whose SYN was not seen is not known") {
  Stories stories;
  add(stories, segment(server, "F.", 501, 101));
  CHECK(stories.size() == 0);
  CHECK(stories.testimony(ends_of(4000), 100).completeness == Completeness::unknown);
  handshake(stories, 200, 500);
  CHECK(stories.testimony(ends_of(4000), 100).completeness == Completeness::unknown);
}

TEST_CASE("the same segment, seen on two interfaces or sent again, is one") {
  Stories stories;
  handshake(stories, 100, 500);
  handshake(stories, 100, 500);
  CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500");
  add(stories, segment(client, "F.", 101, 501));
  add(stories, segment(client, "F.", 101, 501));
  add(stories, segment(client, "F.", 101, 502));
  CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500 cF.101 cF.101");
}

TEST_CASE("a client that connects again from its port begins another story") {
  Stories stories;
  handshake(stories, 100, 500);
  add(stories, segment(server, "F.", 501, 101));
  add(stories, segment(client, "F.", 101, 502));
  handshake(stories, 9000, 7000);
  add(stories, segment(client, "F.", 9001, 7001));

  SUBCASE("and both are told apart") {
    CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500 sF.501 cF.101");
    CHECK(text_of(stories.testimony(ends_of(4000), 9000)) == "cS9000 sS.7000 cF.9001");
  }
  SUBCASE("what repeats or continues the numbers of the older one belongs there") {
    add(stories, segment(client, "F.", 101, 503));
    add(stories, segment(client, "R", 102));
    CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500 sF.501 cF.101 cF.101 cR102");
    CHECK(text_of(stories.testimony(ends_of(4000), 9000)) == "cS9000 sS.7000 cF.9001");
  }
  SUBCASE("dropping one leaves the other") {
    stories.drop(ends_of(4000), 100);
    CHECK(stories.size() == 1);
    CHECK(stories.testimony(ends_of(4000), 100).completeness == Completeness::unknown);
    CHECK(text_of(stories.testimony(ends_of(4000), 9000)) == "cS9000 sS.7000 cF.9001");
  }
}

TEST_CASE("what the client sends before its new SYN is answered belongs to the connection before") {
  // A SYN into TIME_WAIT may be answered by an ACK, which the client's RST answers; then the SYN is sent again.
  Stories stories;
  handshake(stories, 100, 500);
  add(stories, segment(client, "S", 9000));
  add(stories, segment(client, "R", 4711));
  handshake(stories, 9000, 7000);
  CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100 sS.500 cR4711");
  CHECK(text_of(stories.testimony(ends_of(4000), 9000)) == "cS9000 sS.7000");
}

TEST_CASE("after segments were missed, the stories of that time may have gaps; later ones do not") {
  Stories stories;
  handshake(stories, 100, 500);
  stories.note_missed();
  add(stories, segment(client, "S", 7), 4001);
  CHECK(stories.testimony(ends_of(4000), 100).completeness == Completeness::gaps);
  CHECK(stories.testimony(ends_of(4001), 7).completeness == Completeness::whole);
}

TEST_CASE("a story with more segments than are kept is cut") {
  Stories stories;
  handshake(stories, 100, 500);
  for (std::uint32_t i = 0; i < 2 * Stories::max_segments; ++i) add(stories, segment(client, "F.", 1000 + i, 501));
  const Testimony testimony = stories.testimony(ends_of(4000), 100);
  CHECK(testimony.completeness == Completeness::cut);
  CHECK(testimony.segments.size() == Stories::max_segments);
  stories.note_missed();
  CHECK(stories.testimony(ends_of(4000), 100).completeness == Completeness::gaps);
}

TEST_CASE("of each side's RSTs the first ones are kept, and the story is whole") {
  Stories stories;
  handshake(stories, 100, 500);
  for (std::uint32_t i = 0; i < 2 * Stories::max_segments; ++i) {
    add(stories, segment(client, "R", 1000 + i));
    add(stories, segment(server, "R", 2000 + i));
  }
  add(stories, segment(server, "F.", 501, 101));
  const Testimony testimony = stories.testimony(ends_of(4000), 100);
  CHECK(testimony.completeness == Completeness::whole);
  CHECK(testimony.segments.size() == 2 + 2 * Stories::max_resets + 1);
  CHECK(testimony.segments.back().segment.fin);
}

TEST_CASE("SYNs that nobody accepts do not fill the memory, and push out nothing that was claimed") {
  Stories stories;
  add(stories, segment(client, "S", 100));
  stories.claim(ends_of(4000), 100);
  for (std::uint32_t i = 0; i < 3 * Stories::max_unclaimed; ++i)
    add(stories, segment(client, "S", i), static_cast<std::uint16_t>(4001 + i % 60000));
  CHECK(stories.size() <= Stories::max_unclaimed + 1);
  CHECK(text_of(stories.testimony(ends_of(4000), 100)) == "cS100");
}

TEST_CASE("SYNs with the same ends and ever new numbers keep to their bound, too") {
  Stories stories;
  for (std::uint32_t i = 0; i < 100; ++i) add(stories, segment(client, "S", i));
  CHECK(stories.size() == Stories::max_succession);
  CHECK(stories.testimony(ends_of(4000), 99).completeness == Completeness::whole);
}

}  // namespace
}  // namespace closelab::net
