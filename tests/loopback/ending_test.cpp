// Who closed first, with what, and who holds TIME_WAIT: by close mode and by who begins.

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/loopback/fixture.h"
#include "tests/loopback/time_wait.h"

namespace closelab::loopback {
namespace {

void finish(Client& client) {
  client.receive_to_end();
  client.close();
}

void leave(Client& client) {
  client.receive_reply();
  client.close();
}

void check_time_wait(const ConnectionRecord& record) {
  const TimeWait holder = record.verdict.time_wait;
  CHECK(is_in_time_wait(record.server, record.client) == (holder == TimeWait::server || holder == TimeWait::both));
  CHECK(is_in_time_wait(record.client, record.server) == (holder == TimeWait::client || holder == TimeWait::both));
  const auto left = record.verdict.time_wait_remaining();
  CHECK(left.has_value() == (holder != TimeWait::none));
  if (left) {
    CHECK(*left > 50s);
    CHECK(*left <= 60s);
  }
}

struct Row {
  const char* what;
  CloseMode mode;
  std::function<void(Client&)> client;
  CloseReason reason;
  Side first;
  ClosedBy by;
  ResetBy reset_by;
  TimeWait time_wait;
};

const std::string closing = get("/", "Connection: close\r\n");

const Row rows[] = {
    {"the server closes", CloseMode::lingering,
     [](Client& c) {
       c.send(closing);
       finish(c);
     },
     CloseReason::request_close, Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server},
    {"the server closes at once", CloseMode::immediate,
     [](Client& c) {
       c.send(closing);
       finish(c);
     },
     CloseReason::request_close, Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server},
    {"the server resets", CloseMode::abortive,
     [](Client& c) {
       c.send(closing);
       CHECK(c.receive_to_end().error == ECONNRESET);
     },
     CloseReason::request_close, Side::server, ClosedBy::rst, ResetBy::server, TimeWait::none},
    {"bytes after the request are drained", CloseMode::lingering,
     [](Client& c) {
       c.send(closing + std::string(100'000, 'x'));
       finish(c);
     },
     CloseReason::request_close, Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server},
    {"bytes after the request make it an RST", CloseMode::immediate,
     [](Client& c) {
       // The delay lets them arrive: what comes later would find our FIN on its way.
       c.try_send(get("/delay", "Connection: close\r\n") + std::string(300'000, 'x'));
       finish(c);
     },
     CloseReason::request_close, Side::server, ClosedBy::rst, ResetBy::server, TimeWait::none},
    {"the client closes a kept connection", CloseMode::lingering,
     [](Client& c) {
       c.send(get("/"));
       leave(c);
     },
     CloseReason::peer_closed, Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client},
    {"the same, immediate", CloseMode::immediate,
     [](Client& c) {
       c.send(get("/"));
       leave(c);
     },
     CloseReason::peer_closed, Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client},
    {"the client closes, the server resets", CloseMode::abortive,
     [](Client& c) {
       c.send(get("/"));
       c.receive_reply();
       c.send_fin();
       c.receive_to_end();
     },
     CloseReason::peer_closed, Side::client, ClosedBy::fin, ResetBy::server, TimeWait::none},
    {"the client resets a kept connection", CloseMode::lingering,
     [](Client& c) {
       c.send(get("/"));
       c.receive_reply();
       c.reset();
     },
     CloseReason::peer_reset, Side::client, ClosedBy::rst, ResetBy::client, TimeWait::none},
    {"the client resets before it says anything", CloseMode::lingering, [](Client& c) { c.reset(); },
     CloseReason::peer_reset, Side::client, ClosedBy::rst, ResetBy::client, TimeWait::none},
    {"the client resets within a request", CloseMode::lingering,
     [](Client& c) {
       c.send("GET / HT");
       c.reset();
     },
     CloseReason::peer_reset, Side::client, ClosedBy::rst, ResetBy::client, TimeWait::none},
    {"the client resets while it is drained", CloseMode::lingering,
     [](Client& c) {
       c.send(closing);
       c.receive_to_end();
       c.reset();
     },
     CloseReason::request_close, Side::server, ClosedBy::fin, ResetBy::client, TimeWait::none},
    {"the client half-closes after a closing request", CloseMode::lingering,
     [](Client& c) {
       c.send(get("/delay", "Connection: close\r\n"));
       c.send_fin();
       finish(c);
     },
     CloseReason::request_close, Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client},
};

TEST_CASE("endings by mode, and by who begins") {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Options options;
    options.close_mode = row.mode;
    TestServer server(options);
    Client client(server);
    row.client(client);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == row.reason);
    CHECK(record.close_mode == row.mode);
    CHECK(record.verdict.closed_first == row.first);
    CHECK(record.verdict.closed_by == row.by);
    CHECK(record.verdict.reset_by == row.reset_by);
    CHECK(record.verdict.time_wait == row.time_wait);
    CHECK(record.verdict.time_wait_source == Source::sock_diag);
    check_time_wait(record);
  }
}

TEST_CASE("the evidence of a lingering close, in order") {
  TestServer server;
  Client client(server);
  client.send(closing);
  finish(client);
  const ConnectionRecord record = server.closed();
  INFO(record);
  std::vector<std::string> facts;
  for (const Evidence& evidence : record.evidence) {
    if (evidence.source == Source::syscall) facts.emplace_back(to_string(evidence.fact));
  }
  CHECK(facts == std::vector<std::string>{"accepted", "sent_fin", "received_fin", "closed"});
  CHECK(std::ranges::is_sorted(record.evidence, {}, &Evidence::at));
  REQUIRE(find<fact::OwnSocket>(record));
  REQUIRE(find<fact::PeerSocket>(record));
  CHECK(record.evidence.back().source == Source::sock_diag);
}

TEST_CASE("a drain cut short by its byte bound is an RST, and is recorded as one") {
  Options options;
  options.lingering.bytes = 1000;
  TestServer server(options);
  Client client(server);
  client.try_send(closing + std::string(5'000'000, 'x'));
  finish(client);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::server);
  CHECK(record.verdict.closed_by == ClosedBy::fin);
  CHECK(record.verdict.reset_by == ResetBy::server);
  CHECK(record.verdict.time_wait == TimeWait::none);
  REQUIRE(find<fact::DrainBytesExceeded>(record));
  CHECK(find<fact::DrainBytesExceeded>(record)->dropped == 1001);
}

TEST_CASE("exactly as many bytes as the drain may take, then FIN, is in order") {
  Options options;
  options.lingering.bytes = 100'000;
  TestServer server(options);
  server.handle("/slow", [](const Request&) { return Response{.delay = 20ms}; });
  Client client(server);
  client.send(get("/", "Connection: close\r\n"));
  client.receive_reply();
  client.send(std::string(100'000, 'x'));
  finish(client);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.reset_by == ResetBy::none);
  CHECK_FALSE(find<fact::DrainBytesExceeded>(record));
}

TEST_CASE("a response's own mode wins over the server's") {
  TestServer server;
  for (const CloseMode mode : {CloseMode::abortive, CloseMode::immediate, CloseMode::lingering}) {
    server.handle("/mode", [mode](const Request&) { return Response{.close_mode = mode}; });
    Client client(server);
    client.send(get("/mode"));
    finish(client);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_mode == mode);
    CHECK(record.verdict.closed_by == (mode == CloseMode::abortive ? ClosedBy::rst : ClosedBy::fin));
  }
}

TEST_CASE("SO_LINGER: 0 s makes every close an RST, a timed one is measured") {
  Options options;
  SUBCASE("0 s") {
    options.socket.linger = 0s;
    options.close_mode = CloseMode::immediate;
    TestServer server(options);
    Client client(server);
    client.send(closing);
    finish(client);
    CHECK(server.closed().verdict.reset_by == ResetBy::server);
  }
  SUBCASE("1 s, of a client that keeps silent") {
    options.socket.linger = 1s;
    options.close_mode = CloseMode::immediate;
    TestServer server(options);
    Client client(server);
    client.send(closing);
    CHECK(client.receive_reply().status == 200);
    CHECK(Client(server).exchange(get("/")).status == 200);  // others are served meanwhile
    finish(client);
    const auto record = server.wait_closed(1, patience);
    REQUIRE(record);
    INFO(*record);
    REQUIRE(find<fact::Closed>(*record));
    CHECK(find<fact::Closed>(*record)->blocked <= 1100ms);
    CHECK(record->verdict.closed_first == Side::server);
  }
}

TEST_CASE("without verdicts nothing is looked up, and what was seen still counts") {
  Options options;
  options.lookups = Switch::off;
  TestServer server(options);
  Client client(server);
  client.send(get("/"));
  leave(client);
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.verdict.time_wait == TimeWait::unknown);
  CHECK(find<fact::NotObserved>(record));
  CHECK_FALSE(find<fact::OwnSocket>(record));
}

TEST_CASE("lookup_every: one connection in so many is looked up, the others say that they were not") {
  Options options;
  options.lookup_every = 3;
  TestServer server(options);
  for (int i = 0; i < 7; ++i) {
    CAPTURE(i);
    Client client(server);
    client.send(get("/"));
    leave(client);
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.verdict.closed_first == Side::client);
    CHECK((find<fact::OwnSocket>(record) != nullptr) == (i % 3 == 0));
    CHECK((find<fact::NotObserved>(record) != nullptr) == (i % 3 != 0));
  }
}

TEST_CASE("a body that the end of the connection delimits is with the kernel before an RST follows") {
  Options options;
  options.close_mode = CloseMode::abortive;
  TestServer server(options);
  for (const std::size_t bytes : {0, 1, 1000, 100000}) {
    CAPTURE(bytes);
    Client client(server);
    client.send("GET /chunked?" + std::to_string(bytes) + " HTTP/1.0\r\n\r\n");
    const std::string all = client.receive_to_end().bytes;
    CHECK(all.find("HTTP/1.1 200 OK") == 0);
    CHECK(all.size() - all.find("\r\n\r\n") - 4 == bytes);
    CHECK(server.closed().verdict.closed_by == ClosedBy::rst);
  }
}

TEST_CASE("a client that takes all it can get does not keep others waiting") {
  TestServer server;
  Client greedy(server);
  greedy.send(get("/stream?1000000000"));
  std::atomic<bool> done = false;
  std::thread reader([&] {
    std::vector<char> buffer(1 << 20);
    while (!done && ::recv(greedy.fd(), buffer.data(), buffer.size(), 0) > 0) {
    }
  });
  Client other(server);
  for (int i = 0; i < 20; ++i) CHECK(other.exchange(get("/")).body == "hello");
  const auto record = server.connection(1);
  // Its response is still on the way.
  CHECK((record && record->requests.size() == 1 && record->requests[0].answered_at.count() == 0));
  done = true;
  reader.join();
}

}  // namespace
}  // namespace closelab::loopback
