#include "net/witness/saved_syn.h"

#include <doctest/doctest.h>

#include <vector>

namespace closelab::net {
namespace {

std::vector<std::uint8_t> ipv4_syn(std::size_t options) {
  std::vector<std::uint8_t> headers(20 + options + 20);
  headers[0] = static_cast<std::uint8_t>(0x40U | (5 + options / 4));
  headers[9] = 6;
  headers[20 + options + 4] = 0x12;
  headers[20 + options + 7] = 0x34;
  return headers;
}

TEST_CASE("the client's initial sequence number is read from the headers of its SYN") {
  CHECK(sequence_in_headers(ipv4_syn(0)) == 0x12000034U);
  CHECK(sequence_in_headers(ipv4_syn(8)) == 0x12000034U);

  std::vector<std::uint8_t> ipv6(60);
  ipv6[0] = 0x60;
  ipv6[6] = 6;
  ipv6[44] = 0xff;
  CHECK(sequence_in_headers(ipv6) == 0xff000000U);
}

TEST_CASE("headers that are cut, or of something else, have no sequence number") {
  CHECK_FALSE(sequence_in_headers({}));
  std::vector<std::uint8_t> cut = ipv4_syn(0);
  cut.resize(27);
  CHECK_FALSE(sequence_in_headers(cut));
  std::vector<std::uint8_t> udp = ipv4_syn(0);
  udp[9] = 17;
  CHECK_FALSE(sequence_in_headers(udp));
  std::vector<std::uint8_t> extended(60);
  extended[0] = 0x60;
  extended[6] = 60;  // destination options
  CHECK_FALSE(sequence_in_headers(extended));
}

}  // namespace
}  // namespace closelab::net
