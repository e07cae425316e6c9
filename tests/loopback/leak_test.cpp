// While an end takes its time: what the record says of it, and the barriers for people who hunt leaks.

#include <unistd.h>

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

const std::string closing = get("/", "Connection: close\r\n");

Options in_mode(CloseMode mode) {
  Options options;
  options.close_mode = mode;
  options.close_times = {.delayed_time = 1min, .half_time = 1min, .deferred_time = 1min};
  options.lingering.time = 1min;
  return options;
}

/// Its answer is there, and its client does nothing more.
void answer(TestServer& server, Client& client) {
  CHECK(client.exchange(closing).status == 200);
  REQUIRE(eventually([&] { return server.counts().closing == 1; }));
}

bool shows(const TestServer& server, std::string_view text) {
  return describe(*server.connection(1)).find(text) != std::string::npos;
}

TEST_CASE("while our FIN is out and the client has not closed, the record says so, in every mode that waits") {
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::delayed, CloseMode::half}) {
    CAPTURE(mode);
    TestServer server(in_mode(mode));
    Client client(server);
    answer(server, client);
    REQUIRE(eventually([&] { return shows(server, "our FIN is out, the client has not closed"); }));
    REQUIRE(eventually([&] { return shows(server, "its end is in CLOSE_WAIT"); }));
    const ConnectionRecord record = *server.connection(1);
    CHECK(record.phase == Phase::closing);
    CHECK(fin_sent_by(record.evidence) == FinSentBy::server);
    CHECK(find<fact::SentFin>(record) != nullptr);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.time_wait_unknown_because == UnknownBecause::open);
    REQUIRE(record.local_client);
    REQUIRE(record.local_client->processes.size() == 1);
    CHECK(record.local_client->processes[0].pid == ::getpid());
    CHECK(ladder(record).find("CLOSE_WAIT") != std::string::npos);
  }
}

TEST_CASE("a FIN that is withheld is said to be, and so is that the client has closed") {
  for (const CloseMode mode : {CloseMode::deferred, CloseMode::never}) {
    CAPTURE(mode);
    TestServer server(in_mode(mode));
    Client client(server);
    answer(server, client);
    REQUIRE(eventually([&] { return shows(server, "our FIN is withheld, the client has not closed"); }));
    CHECK(find<fact::FinWithheld>(*server.connection(1)) != nullptr);
    CHECK(server.connection(1)->verdict.undetermined_because == UnknownBecause::open);
    client.send_fin();
    const auto left = server.wait_peer_closed(1, patience);
    REQUIRE(left);
    if (mode == CloseMode::never) CHECK(shows(server, "the client has closed, our FIN is withheld"));
  }
}

TEST_CASE("what is idle or active has the states of its ends") {
  TestServer server;
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  REQUIRE(server.wait_idle(patience));
  const ConnectionRecord record = *server.connection(1);
  REQUIRE(find<fact::OwnSocket>(record) != nullptr);
  CHECK(find<fact::OwnSocket>(record)->state == TcpState::established);
  CHECK(find<fact::PeerSocket>(record)->state == TcpState::established);
  CHECK(describe(record) == "connection 1: idle, 1 request");
  CHECK_FALSE(record.local_client);
}

TEST_CASE("wait_peer_closed: a client that closes while its handler runs") {
  TestServer server;
  Client client(server);
  client.send(get("/delay"));
  std::jthread closes([&] { client.send_fin(); });
  const auto record = server.wait_peer_closed(patience);
  REQUIRE(record);
  CHECK(record->id == 1);
  client.receive_to_end();
  CHECK(server.wait_peer_closed(1, patience));
  CHECK_FALSE(server.wait_peer_closed(2, 1ms));
}

TEST_CASE("wait_peer_closed: one that resets never has") {
  TestServer server;
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  client.reset();
  CHECK_FALSE(server.wait_peer_closed(1, patience));
}

TEST_CASE("wait_leaked names the connection that is left open, and whose it is") {
  TestServer server(in_mode(CloseMode::half));
  Client good(server);
  CHECK(good.exchange(closing).status == 200);
  good.close();
  REQUIRE(server.wait_closed(1, patience));
  CHECK_FALSE(server.wait_leaked(0ms, 1ms));
  Client bad(server);
  CHECK(bad.exchange(closing).status == 200);
  const auto leaked = server.wait_leaked(30ms, patience);
  REQUIRE(leaked);
  CHECK(leaked->id == 2);
  REQUIRE(leaked->local_client->processes.size() == 1);
  CHECK(leaked->local_client->processes[0].pid == ::getpid());
  CHECK(describe(*leaked).find("our FIN is out, the client has not closed, its end is in CLOSE_WAIT") !=
        std::string::npos);
  CHECK(server.leaked(30ms).size() == 1);
  CHECK(server.leaked(1h).empty());
  CHECK_FALSE(server.wait_all_settled(1ms));
  bad.close();
  CHECK(server.wait_all_settled(patience));
  CHECK(server.leaked(0ms).empty());
}

TEST_CASE("a client is leaked, too, when our side has closed its descriptor") {
  TestServer server(in_mode(CloseMode::immediate));
  Client client(server);
  CHECK(client.exchange(closing).status == 200);
  const auto leaked = server.wait_leaked(30ms, patience);
  REQUIRE(leaked);
  CHECK(find<fact::Closed>(*leaked) != nullptr);
  CHECK(leaked->local_client->processes.size() == 1);
}

TEST_CASE("without lookups, our own side tells who has not closed, and nobody whose it is") {
  Options options = in_mode(CloseMode::half);
  options.lookups = Switch::off;
  TestServer server(options);
  Client client(server);
  CHECK(client.exchange(closing).status == 200);
  const auto leaked = server.wait_leaked(1ms, patience);
  REQUIRE(leaked);
  CHECK_FALSE(leaked->local_client);
  client.close();
  CHECK(server.wait_all_settled(patience));
}

TEST_CASE("a stop ends every wait") {
  TestServer server;
  std::jthread stops([&] {
    std::this_thread::yield();
    server.stop();
  });
  CHECK_FALSE(server.wait_leaked(0ms, patience));
  CHECK_FALSE(server.wait_peer_closed(patience));
  CHECK(server.wait_all_settled(patience));
}

}  // namespace
}  // namespace closelab::loopback
