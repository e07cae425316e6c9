#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <net/if.h>

#include <string>
#include <string_view>

#include "net/socket/socket_address.h"
#include "tests/support/skip.h"

namespace closelab::net {
namespace {

TEST_CASE("addresses: parsed, printed, and through the sockets API and back") {
  struct Row {
    const char* text;
    AddressFamily family;
    bool mapped;
    const char* printed;
    const char* with_port;
  };
  constexpr Row rows[] = {
      {"127.0.0.1", AddressFamily::ipv4, false, "127.0.0.1", "127.0.0.1:8080"},
      {"0.0.0.0", AddressFamily::ipv4, false, "0.0.0.0", "0.0.0.0:8080"},
      {"::1", AddressFamily::ipv6, false, "::1", "[::1]:8080"},
      {"::", AddressFamily::ipv6, false, "::", "[::]:8080"},
      {"2001:DB8::0:1", AddressFamily::ipv6, false, "2001:db8::1", "[2001:db8::1]:8080"},
      {"::ffff:127.0.0.1", AddressFamily::ipv6, true, "127.0.0.1", "127.0.0.1:8080"},
      {"::fffe:127.0.0.1", AddressFamily::ipv6, false, "::fffe:7f00:1", "[::fffe:7f00:1]:8080"},
      {"fe80::1%1", AddressFamily::ipv6, false, "fe80::1%1", "[fe80::1%1]:8080"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto endpoint = parse_address(row.text, 8080);
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->family == row.family);
    CHECK(is_v4_mapped(*endpoint) == row.mapped);
    CHECK(address_text(*endpoint) == row.printed);
    CHECK(to_string(*endpoint) == row.with_port);
    CHECK(to_endpoint(to_socket_address(*endpoint)) == *endpoint);
  }
}

TEST_CASE("addresses: what is not numeric is refused") {
  for (const char* text : {"", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "127.0.0.1:80", "[::1]", ":::"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text, 1).has_value());
  }
}

TEST_CASE("addresses: a scope is an interface's name or number") {
  const unsigned loopback = if_nametoindex("lo");
  REQUIRE(loopback != 0);
  CHECK(parse_address("fe80::1%lo", 1)->scope_id == loopback);
  CHECK(parse_address("fe80::1%77", 1)->scope_id == 77);
  CHECK(parse_address("fe80::1", 1)->scope_id == 0);
}

TEST_CASE("an unspecified endpoint prints as a dash") {
  CHECK(to_string(Endpoint{}) == "-");
  CHECK(address_text(Endpoint{}) == "-");
  CHECK(to_endpoint(SocketAddress{}) == Endpoint{});
}

TEST_CASE("the socket address carries port and address in network byte order") {
  const SocketAddress v4 = to_socket_address(*parse_address("127.0.0.2", 0x1234));
  const auto& in = reinterpret_cast<const sockaddr_in&>(v4.storage);
  CHECK(v4.length == sizeof(sockaddr_in));
  CHECK(in.sin_family == AF_INET);
  CHECK(in.sin_port == htons(0x1234));
  CHECK(in.sin_addr.s_addr == htonl(0x7f000002));
  const SocketAddress v6 = to_socket_address(*parse_address("fe80::1%7", 80));
  CHECK(v6.length == sizeof(sockaddr_in6));
  CHECK(reinterpret_cast<const sockaddr_in6&>(v6.storage).sin6_scope_id == 7);
}

TEST_CASE("local addresses are told from other machines'") {
  for (const char* text : {"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"}) {
    if (std::string_view(text).starts_with("::") && !closelab::test::has_ipv6()) continue;
    CAPTURE(text);
    CHECK(is_local_address(*parse_address(text, 8080)));
  }
  // TEST-NET-1 and the documentation prefix (RFC 5737, RFC 3849) are nobody's.
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_local_address(*parse_address(text, 8080)));
  }
}

}  // namespace
}  // namespace closelab::net
