#include "net/capture/pcapng.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

namespace closelab::capture {
namespace {

std::uint32_t number_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

TEST_CASE("every block has its length at both ends, and is a multiple of four bytes long") {
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  for (const std::string comment : {"", "a", "abcd", "some words"}) {
    const std::string block = pcapng_block({.bytes = bytes, .original_size = 70, .comments = {comment, "verdict"}});
    CHECK(block.size() % 4 == 0);
    CHECK(number_at(block, 0) == 6);
    CHECK(number_at(block, 4) == block.size());
    CHECK(number_at(block, block.size() - 4) == block.size());
    CHECK(block.find(comment) != std::string::npos);
  }
}

TEST_CASE("a packet's time is in nanoseconds, high half first") {
  const auto at = std::chrono::system_clock::time_point(std::chrono::nanoseconds(0x0000000500000007));
  const std::string block = pcapng_block({.at = at});
  CHECK(number_at(block, 12) == 5);
  CHECK(number_at(block, 16) == 7);
}

TEST_CASE("a comment is cut to what an option can hold") {
  const std::string block = pcapng_block({.comments = {std::string(100000, 'x')}});
  CHECK(block.size() == 12 + 20 + 4 + 65536 + 4);
}

TEST_CASE("a file begins with its section and its interface") {
  const std::string header = pcapng_header(LinkType::any_device, "closelab");
  CHECK(number_at(header, 0) == 0x0a0d0d0a);
  const std::uint32_t section = number_at(header, 4);
  REQUIRE(section < header.size());
  CHECK(number_at(header, section) == 1);
  CHECK((number_at(header, section + 8) & 0xffffU) == 276);
  CHECK(section + number_at(header, section + 4) == header.size());
}

}  // namespace
}  // namespace closelab::capture
