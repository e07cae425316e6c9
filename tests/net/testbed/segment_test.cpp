#include "net/testbed/segment.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace closelab::testbed {
namespace {

using Bytes = std::vector<unsigned char>;

/// 192.0.2.1:40000 -> 192.0.2.2:8080, SYN, sequence number 0x01020304, window 64240, MSS 1460, NOP, window scale 7.
const Bytes syn_segment{
    0x45, 0x00, 0x00, 0x30, 0xab, 0xcd, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 192,  0,    2,    1,     //
    192,  0,    2,    2,    0x9c, 0x40, 0x1f, 0x90, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,  //
    0x70, 0x02, 0xfa, 0xf0, 0x12, 0x34, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x01, 0x03, 0x03, 0x07,
};

TEST_CASE("a SYN, alone and after an Ethernet header") {
  Bytes framed(14, 0);
  framed.insert(framed.end(), syn_segment.begin(), syn_segment.end());
  for (const auto& segment : {parse_segment(syn_segment, LinkLayer::ip), parse_segment(framed, LinkLayer::ethernet)}) {
    REQUIRE(segment);
    CHECK(to_string(segment->source) == "192.0.2.1:40000");
    CHECK(to_string(segment->destination) == "192.0.2.2:8080");
    CHECK(segment->packet.flags == syn);
    CHECK(segment->packet.sequence == 0x01020304);
    CHECK(segment->packet.window == 64240);
    CHECK(segment->packet.payload == 0);
    CHECK(segment->packet.fingerprint == 0xabcd1234);
    CHECK(segment->window_scale == 7);
  }
}

TEST_CASE("what is cut short is no segment, at whatever byte") {
  for (std::size_t size = 0; size < syn_segment.size(); ++size) {
    CAPTURE(size);
    const Bytes cut(syn_segment.begin(), syn_segment.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(parse_segment(cut, LinkLayer::ip));
    CHECK_FALSE(parse_segment(cut, LinkLayer::ethernet));
  }
}

TEST_CASE("what is not TCP is no segment") {
  Bytes udp = syn_segment;
  udp[9] = 17;
  CHECK_FALSE(parse_segment(udp, LinkLayer::ip));
}

Segment segment(std::uint16_t from, std::uint16_t to, unsigned flags, std::uint32_t sequence, unsigned scale = 0) {
  Segment result;
  result.source.port = from;
  result.destination.port = to;
  result.packet = {.flags = static_cast<std::uint8_t>(flags), .sequence = sequence, .window = 10};
  result.window_scale = scale;
  return result;
}

TEST_CASE("segments are sorted into connections, with sides and scaled windows") {
  ConnectionSorter sorter;
  sorter.add(segment(8080, 5000, ack, 1));           // belongs to none
  sorter.add(segment(5000, 8080, syn, 100, 3));      // the first connection
  sorter.add(segment(5000, 8080, syn, 100, 3));      // the same SYN again
  sorter.add(segment(8080, 5000, syn | ack, 7, 2));  //
  sorter.add(segment(5000, 8080, ack, 101));         //
  sorter.add(segment(8080, 5000, ack, 8));           //
  sorter.add(segment(5000, 8080, syn, 900, 3));      // a second one with the same ends
  const Connections connections = sorter.take();
  REQUIRE(connections.size() == 1);
  const auto& both = connections.begin()->second;
  REQUIRE(both.size() == 2);
  REQUIRE(both[0].size() == 5);
  CHECK(both[0][2].from == Side::server);
  CHECK(both[0][2].window == 10);
  CHECK(both[0][3].from == Side::client);
  CHECK(both[0][3].window == 80);
  CHECK(both[0][4].window == 40);
  CHECK(both[1].size() == 1);
}

TEST_CASE("what the old connection answers to the SYN of a new one is not the new one's") {
  const auto acknowledging = [](Segment one, std::uint32_t number) {
    one.packet.acknowledgement = number;
    return one;
  };
  ConnectionSorter sorter;
  sorter.add(segment(5000, 8080, syn, 100));
  sorter.add(acknowledging(segment(8080, 5000, syn | ack, 7), 101));
  sorter.add(segment(5000, 8080, syn, 900));                    // a second one with the same ends
  sorter.add(acknowledging(segment(8080, 5000, ack, 8), 101));  // of a server's end in CLOSE_WAIT
  sorter.add(segment(5000, 8080, rst, 101));                    // refuses that
  sorter.add(segment(5000, 8080, syn, 900));                    // again
  sorter.add(segment(5000, 8080, ack, 901));                    // seen before what it answers
  sorter.add(acknowledging(segment(8080, 5000, syn | ack, 70), 901));
  sorter.add(segment(5000, 8080, rst, 901));
  const Connections connections = sorter.take();
  const auto& both = connections.begin()->second;
  REQUIRE(both.size() == 2);
  REQUIRE(both[0].size() == 4);
  CHECK(both[0][2].has(ack));
  CHECK(both[0][3].has(rst));
  REQUIRE(both[1].size() == 5);
  CHECK(both[1][4].has(rst));
}

}  // namespace
}  // namespace closelab::testbed
