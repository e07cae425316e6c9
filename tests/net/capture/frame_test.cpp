#include "net/capture/frame.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace closelab::capture {
namespace {

std::vector<std::uint8_t> bytes_of(const std::string& hex) {
  std::istringstream in(hex);
  std::vector<std::uint8_t> bytes;
  for (std::string each; in >> each;) bytes.push_back(static_cast<std::uint8_t>(std::stoul(each, nullptr, 16)));
  return bytes;
}

// FIN, ACK with 3 bytes, from 127.0.0.1:8080 to 127.0.0.1:40000.
const std::string ipv4 =
    "45 00 00 2b 00 00 40 00 40 06 00 00 7f 00 00 01 7f 00 00 01 "
    "1f 90 9c 40 00 00 01 00 00 00 02 00 50 11 ff ff 00 00 00 00 ";
// RST from [::1]:40000 to [::1]:8080.
const std::string ipv6 =
    "60 00 00 00 00 14 06 40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 "
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 "
    "9c 40 1f 90 ff ff ff ff 00 00 00 00 50 04 00 00 00 00 00 00 ";
const std::string sll2 = "08 00 00 00 00 00 00 01 03 04 00 06 00 00 00 00 00 00 00 00 ";
const std::string ethernet = "00 00 00 00 00 00 00 00 00 00 00 00 08 00 ";

TEST_CASE("a frame's ends, flags and numbers are read, whatever it begins with") {
  for (const auto& [link, header] :
       {std::pair{LinkLayer::ip, std::string()}, {LinkLayer::any_device, sll2}, {LinkLayer::ethernet, ethernet}}) {
    const auto seen = read_frame(bytes_of(header + ipv4), link);
    REQUIRE(seen);
    CHECK(to_string(seen->source) == "127.0.0.1:8080");
    CHECK(to_string(seen->destination) == "127.0.0.1:40000");
    CHECK(seen->segment.fin);
    CHECK(seen->segment.ack);
    CHECK_FALSE(seen->segment.rst);
    CHECK_FALSE(seen->segment.syn);
    CHECK(seen->segment.sequence == 0x100);
    CHECK(seen->segment.acknowledgement == 0x200);
    CHECK(seen->segment.payload == 3);
  }
}

TEST_CASE("IPv6 is read") {
  const auto seen = read_frame(bytes_of(ipv6), LinkLayer::ip);
  REQUIRE(seen);
  CHECK(to_string(seen->source) == "[::1]:40000");
  CHECK(seen->segment.rst);
  CHECK_FALSE(seen->segment.ack);
  CHECK(seen->segment.sequence == 0xffffffff);
  CHECK(seen->segment.payload == 0);
}

TEST_CASE("what is cut, lies about its lengths, or is no TCP, is no segment") {
  const std::vector<std::uint8_t> whole = bytes_of(sll2 + ipv4);
  for (std::size_t size = 0; size < 20 + 34; ++size)
    CHECK_FALSE(read_frame(std::span(whole).first(size), LinkLayer::any_device));
  auto short_ip = bytes_of(ipv4);
  short_ip[3] = 0x10;  // less than the headers
  CHECK_FALSE(read_frame(short_ip, LinkLayer::ip));
  auto udp = bytes_of(ipv4);
  udp[9] = 17;
  CHECK_FALSE(read_frame(udp, LinkLayer::ip));
  auto arp = bytes_of(ipv4);
  arp[0] = 0x00;
  CHECK_FALSE(read_frame(arp, LinkLayer::ip));
}

}  // namespace
}  // namespace closelab::capture
