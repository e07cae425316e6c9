// A client that went away while its handler was out was noticed when the answer was sent, and the handler was not told.

#include "net/kernel/tcp_probe.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TcpState state_of(const Client& client) { return net::sample_socket(client.fd(), net::SampleDepth::state).state; }

/// A server whose answers at /later the test gives.
struct Later {
  explicit Later(Options options = {}) : server(std::move(options)) {
    server.handle_async("/later", [this](Responder asked) { responder = std::move(asked); });
    server.handle("/events", [this](const Request&) { return Response{.body_stream = events}; });
  }
  /// Events of one reactor come in their order: whatever happened to other connections before has been noticed.
  void catch_up() const { Client(server).exchange(get("/")); }
  const Responder& ask(Client& client) {
    client.send(get("/later"));
    catch_up();
    return responder.value();
  }

  std::optional<Responder> responder;
  BodyStream events;
  TestServer server;
};

TEST_CASE("a FIN is noticed when it comes, and the answer still sent") {
  Later later;
  Client client(later.server);
  const Responder& responder = later.ask(client);
  client.send_fin();
  // The server's kernel has the FIN and its event is queued: two rounds later it has been told.
  REQUIRE(eventually([&] { return state_of(client) == TcpState::fin_wait_2; }));
  later.catch_up();
  later.catch_up();
  CHECK(responder.is_wanted());
  CHECK(responder.send({.body = "late"}));
  CHECK(client.receive_reply().body == "late");
  client.close();
  const auto record = later.server.wait_closed(1, patience);
  REQUIRE(record);
  const auto noticed = std::ranges::find_if(record->evidence, [](const Evidence& each) {
    const auto* sampled = each.as<fact::Sampled>();
    return sampled != nullptr && sampled->moment == SampleMoment::while_waiting;
  });
  REQUIRE(noticed != record->evidence.end());
  CHECK(noticed->as<fact::Sampled>()->state == TcpState::close_wait);
  CHECK(noticed->at < record->requests.front().answered_at);
  CHECK(record->verdict.closed_first == Side::client);
}

TEST_CASE("with client_half_close = abort a FIN says that nobody wants the answer") {
  Options options;
  options.client_half_close = ClientHalfClose::abort;
  Later later(options);
  Client client(later.server);
  const Responder& responder = later.ask(client);
  CHECK(responder.is_wanted());
  client.send_fin();
  CHECK(eventually([&] { return !responder.is_wanted(); }));
  CHECK_FALSE(responder.send({}));
  CHECK(client.receives_fin());
}

TEST_CASE("an RST says that nobody wants the answer") {
  Later later;
  Client client(later.server);
  const Responder& responder = later.ask(client);
  client.reset();
  CHECK(eventually([&] { return !responder.is_wanted(); }));
  CHECK_FALSE(responder.send({}));
  const auto record = later.server.wait_closed(1, patience);
  REQUIRE(record);
  CHECK(record->verdict.reset_by == ResetBy::client);
  CHECK(record->close_reason == CloseReason::peer_reset);
}

TEST_CASE("an RST ends a body that is written while it is sent") {
  Later later;
  Client client(later.server);
  client.send(get("/events"));
  client.receive_until("\r\n\r\n");
  CHECK(later.events.is_open());
  client.reset();
  CHECK(eventually([&] { return !later.events.is_open(); }));
}

TEST_CASE("an answer to a client that had gone is lost, and counted") {
  Later later;
  Client client(later.server);
  const Responder& responder = later.ask(client);
  client.close();
  responder.send({.body = "too late"});
  const auto record = later.server.wait_closed(1, patience);
  REQUIRE(record);
  INFO(*record);
  CHECK(record->verdict.closed_first == Side::client);
  CHECK(record->verdict.reset_by == ResetBy::client);
  CHECK(record->verdict.bytes_at_risk.value_or(0) > 0);
  CHECK(record->retry == Retry::if_idempotent);
}

}  // namespace
}  // namespace closelab::loopback
