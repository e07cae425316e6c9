#include "server/lab/serve/exposure.h"

#include <doctest/doctest.h>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

TEST_CASE("a port is exposed unless its address is loopback") {
  struct Row {
    const char* address;
    std::size_t warnings;
  };
  const Row rows[] = {{"127.0.0.1", 0}, {"127.8.8.8", 0}, {"::1", 0},      {"::ffff:127.0.0.1", 0},
                      {"0.0.0.0", 1},   {"::", 1},        {"10.0.0.1", 1}, {"::ffff:10.0.0.1", 1}};
  for (const Row& row : rows) {
    CAPTURE(row.address);
    const Endpoint endpoint = *net::parse_address(row.address, 80);
    const Endpoint loopback = *net::parse_address("127.0.0.1", 80);
    CHECK(exposure_warnings(endpoint, std::nullopt).size() == row.warnings);
    CHECK(exposure_warnings(loopback, endpoint).size() == row.warnings);
    CHECK(exposure_warnings(endpoint, endpoint).size() == 2 * row.warnings);
  }
}

}  // namespace
}  // namespace closelab::lab
