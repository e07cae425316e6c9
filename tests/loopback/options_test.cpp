// What a server is told: options out of range, addresses that can't be had, several reactors and servers.

#include <set>
#include <stdexcept>
#include <string_view>

#include "net/socket/socket_address.h"
#include "tests/loopback/fixture.h"
#include "tests/support/skip.h"

namespace closelab::loopback {
namespace {

TEST_CASE("options out of range are refused by name") {
  const struct {
    const char* name;
    void (*set)(Options&);
  } rows[] = {
      {"reactors", [](Options& o) { o.reactors = 0; }},
      {"reactors", [](Options& o) { o.reactors = 1025; }},
      {"max_connections", [](Options& o) { o.max_connections = 0; }},
      {"request_limit", [](Options& o) { o.request_limit = 0; }},
      {"idle_timeout", [](Options& o) { o.timeouts.idle_timeout = 0ms; }},
      {"header_timeout", [](Options& o) { o.timeouts.header_timeout = -1ms; }},
      {"body_timeout", [](Options& o) { o.timeouts.body_timeout = 0ms; }},
      {"write_timeout", [](Options& o) { o.timeouts.write_timeout = 0ms; }},
      {"lingering_time", [](Options& o) { o.lingering.time = 0ms; }},
      {"linger", [](Options& o) { o.socket.linger = -1s; }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Options options;
    row.set(options);
    try {
      Server server(options);
      FAIL("accepted");
    } catch (const std::invalid_argument& error) {
      CHECK_MESSAGE(std::string(error.what()).find(row.name) != std::string::npos, error.what());
    }
  }
}

/// What listening with these options fails with.
std::string listen_error(const ListenOptions& listen, std::errc code) {
  try {
    Server server({.listen = listen});
  } catch (const ListenError& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "nothing failed";
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

TEST_CASE("a port that is taken: the error says by what, and what would help") {
  TestServer server;
  const std::string text = listen_error({.port = server.port()}, std::errc::address_in_use);
  contains(text, "cannot listen on 127.0.0.1:" + std::to_string(server.port()));
  contains(text, "nother socket listens on 127.0.0.1:" + std::to_string(server.port()));
  contains(text, "SO_REUSEADDR does not help against a live listener");
}

TEST_CASE("a port held by TIME_WAIT: with reuse_address it is free, without the error says for how long") {
  std::uint16_t port = 0;
  {
    TestServer server;
    port = server.port();
    Client client(server);
    client.exchange(get("/close"));
    CHECK(client.receives_fin());
    client.close();
    REQUIRE(server.closed().verdict.time_wait == TimeWait::server);
  }
  const std::string text = listen_error({.port = port, .reuse_address = Switch::off}, std::errc::address_in_use);
  contains(text, "1 TIME_WAIT");
  contains(text, "The port is free in ");
  contains(text, "reuse_address");
  TestServer again({.listen = {.port = port}});
  CHECK(Client(again).exchange(get("/")).status == 200);
}

TEST_CASE("an address that is not ours, or none") {
  contains(listen_error({.address = "192.0.2.1"}, std::errc::address_not_available), "no interface of this machine");
  for (const char* address : {"localhost", "", "127.0.0.1:80", "1.2.3", "::g"}) {
    CAPTURE(address);
    contains(listen_error({.address = address}, std::errc::invalid_argument), "not a numeric IPv4 or IPv6 address");
  }
}

TEST_CASE("IPv6, and IPv4 on a dual-stack socket: served, observed and printed as what they are") {
  const struct {
    const char* listens;
    const char* connects;
    const char* url;
    const char* client;
  } rows[] = {
      {"127.0.0.1", "127.0.0.1", "http://127.0.0.1:", "127.0.0.1:"},
      {"0.0.0.0", "127.0.0.2", "http://127.0.0.1:", "127.0.0.1:"},
      {"::1", "::1", "http://[::1]:", "[::1]:"},
      {"::", "::1", "http://[::1]:", "[::1]:"},
      {"::", "127.0.0.1", "http://[::1]:", "127.0.0.1:"},
  };
  for (const auto& row : rows) {
    if (std::string_view(row.listens).starts_with("::") && !closelab::test::has_ipv6()) continue;
    CAPTURE(row.listens);
    CAPTURE(row.connects);
    TestServer server({.listen = {.address = row.listens}});
    CHECK(server.url("/x") == row.url + std::to_string(server.port()) + "/x");
    for (const bool server_first : {true, false}) {
      Client client(*net::parse_address(row.connects, server.port()));
      client.exchange(get(server_first ? "/close" : "/"));
      if (server_first) client.receives_fin();
      client.close();
      const ConnectionRecord record = server.closed();
      INFO(record);
      CHECK(to_string(record.client).starts_with(row.client));
      CHECK(record.verdict.closed_first == (server_first ? Side::server : Side::client));
      CHECK(record.verdict.time_wait == (server_first ? TimeWait::server : TimeWait::client));
    }
  }
}

TEST_CASE("ipv6_only leaves IPv4 alone") {
  if (!closelab::test::has_ipv6()) return;
  TestServer server({.listen = {.address = "::", .ipv6_only = Switch::on}});
  CHECK(Client(*net::parse_address("::1", server.port())).exchange(get("/")).status == 200);
  CHECK_THROWS(Client(*net::parse_address("127.0.0.1", server.port())));
}

TEST_CASE("several servers in one process know only their own connections") {
  TestServer first;
  TestServer second;
  CHECK(first.port() != second.port());
  Client(first).exchange(get("/"));
  Client(second).exchange(get("/"));
  Client(second).exchange(get("/"));
  CHECK(first.counts().accepted == 1);
  CHECK(second.counts().accepted == 2);
  second.stop();
  CHECK(Client(first).exchange(get("/")).status == 200);
}

TEST_CASE("several reactors share the port, the ids and the connections") {
  Options options;
  options.reactors = 3;
  TestServer server(options);
  CHECK(server.options().listen.reuse_port == Switch::on);
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(server);
  for (Client& client : clients) CHECK(client.exchange(get("/")).status == 200);
  clients.clear();
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i) ids.insert(server.closed().id);
  CHECK(ids.size() == 100);
  CHECK(*ids.begin() == 1);
  CHECK(*ids.rbegin() == 100);
}

TEST_CASE("several reactors don't share their port with another server unless that was asked for") {
  TestServer first;
  Options options;
  options.listen.port = first.port();
  options.reactors = 2;
  CHECK_THROWS_AS(TestServer{options}, ListenError);
}

TEST_CASE("socket options as the kernel has them") {
  Options options;
  options.listen.reuse_address = Switch::off;
  options.socket.tcp_nodelay = Switch::off;
  options.socket.tcp_user_timeout = 7000ms;
  TestServer server(options);
  const auto in_effect = server.socket_options_in_effect();
  CHECK(std::ranges::any_of(in_effect, [](const auto& option) { return option.second.starts_with("7000"); }));
  server.stop();
  CHECK(server.socket_options_in_effect() == in_effect);
  CHECK(server.port() != 0);
}

}  // namespace
}  // namespace closelab::loopback
