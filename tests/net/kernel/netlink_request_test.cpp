#include "net/kernel/netlink_request.h"

#include <doctest/doctest.h>
#include <linux/netlink.h>

#include <cstring>
#include <string>

namespace closelab::net::test {
namespace {

template <class Struct>
Struct at(std::span<const std::byte> bytes, std::size_t offset) {
  Struct value{};
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

TEST_CASE("a request is a header, structures and attributes, each at a multiple of 4 bytes") {
  NetlinkRequest request(7, NLM_F_REQUEST, 9);
  request.add(std::uint32_t{0x01020304});
  const std::size_t nest = request.begin_nest(2);
  request.add_attribute(3, "lo");
  request.end_nest(nest);
  request.add_attribute(4, std::as_bytes(std::span("x", 1)));

  const std::span<const std::byte> bytes = request.bytes();
  const auto header = at<nlmsghdr>(bytes, 0);
  CHECK(header.nlmsg_len == bytes.size());
  CHECK(header.nlmsg_type == 7);
  CHECK(header.nlmsg_flags == NLM_F_REQUEST);
  CHECK(header.nlmsg_seq == 9);
  CHECK(at<std::uint32_t>(bytes, 16) == 0x01020304);
  CHECK(at<nlattr>(bytes, 20).nla_type == (2 | NLA_F_NESTED));
  CHECK(at<nlattr>(bytes, 20).nla_len == 12);
  CHECK(at<nlattr>(bytes, 24).nla_type == 3);
  CHECK(at<nlattr>(bytes, 24).nla_len == 4 + sizeof "lo");
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data() + 28)) == "lo");
  CHECK(at<nlattr>(bytes, 32).nla_type == 4);
  CHECK(at<nlattr>(bytes, 32).nla_len == 5);
  CHECK(bytes.size() == 40);
}

}  // namespace
}  // namespace closelab::net::test
