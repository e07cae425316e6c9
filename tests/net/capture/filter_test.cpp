#include "net/capture/filter.h"

#include <doctest/doctest.h>

#include "net/socket/socket_address.h"

namespace closelab::capture {
namespace {

TEST_CASE("a filter names the endpoint, of a wildcard its port alone") {
  CHECK(filter_of(*net::parse_address("127.0.0.1", 8080)) ==
        "tcp port 8080 and host 127.0.0.1 and not (ifindex 1 and outbound)");
  CHECK(filter_of(*net::parse_address("::ffff:127.0.0.1", 80)) ==
        "tcp port 80 and host 127.0.0.1 and not (ifindex 1 and outbound)");
  CHECK(filter_of(*net::parse_address("0.0.0.0", 80)) == "tcp port 80 and not (ifindex 1 and outbound)");
  CHECK(filter_of(*net::parse_address("::", 80)) == "tcp port 80 and not (ifindex 1 and outbound)");
}

}  // namespace
}  // namespace closelab::capture
