// An RST or FIN that came while a rule held up the answer of a connection that persists was noticed when the pause was
// over, however long that was; and client_half_close = abort did not end such an answer.

#include "net/kernel/tcp_probe.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

// Longer than any test waits.
constexpr auto long_pause = 10min;

struct Paused {
  const char* name;
  std::vector<Rule> rules;
  std::string request;
  /// What the client has read when the pause begins.
  std::string read = "\r\n\r\n";
};

Rule at_body(std::uint64_t bytes) { return at_response_body(bytes).delay(long_pause); }

std::string upload() { return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123"; }

std::vector<Paused> in_an_answer() {
  const Rule early = at(At::request_headers).answer({.body = "abc", .read_body = Switch::off});
  return {
      {"before the answer", {at(At::before_response).delay(long_pause)}, get("/"), ""},
      {"after an interim answer",
       {at(At::before_response).interim(102), at(At::before_response).delay(long_pause)},
       get("/")},
      {"after its head", {at(At::response_headers).delay(long_pause)}, get("/")},
      {"in its head", {at_response_wire(12).delay(long_pause)}, get("/"), "HTTP/1.1 200"},
      {"in its body", {at_body(3)}, get("/"), "hel"},
      {"in a body of a known length", {at_body(70'000)}, get("/stream?100000")},
      {"in a body of chunks", {at_body(70'000)}, get("/chunked?100000")},
      {"in the last answer", {at_body(3)}, get("/close"), "\r\n\r\nbye"},
      {"in the first of two answers", {at_body(3)}, get("/") + get("/"), "hel"},
      {"between two slow pieces", {at(At::before_response).slow(1, long_pause)}, get("/"), "H"},
      {"in an answer to a request that is not complete", {early, at_body(2)}, upload(), "ab"},
      {"a stall in its body", {at_response_body(3).stall()}, get("/"), "hel"},
  };
}

std::vector<Paused> around_an_answer() {
  return {
      {"right after it", {at(At::after_response).delay(long_pause)}, get("/"), "hello"},
      {"at accept", {at(At::accept).delay(long_pause)}, "", ""},
      {"at request_headers", {at(At::request_headers).delay(long_pause)}, get("/"), ""},
      {"in a request's body", {at_request_body(3).delay(long_pause)}, upload(), ""},
  };
}

/// A client whose connection is in that pause.
struct InPause {
  explicit InPause(const Paused& paused, ClientHalfClose policy = ClientHalfClose::answer)
      : server(Options{.client_half_close = policy, .rules = paused.rules}), client(server) {
    client.send(paused.request);
    client.receive_until(paused.read);
    // The last of its rules is the one that pauses.
    CHECK(eventually([&] { return server.rules().back().fired > 0; }));
  }

  TestServer server;
  Client client;
};

TEST_CASE("an RST in a pause is noticed when it comes") {
  for (const auto& pauses : {in_an_answer(), around_an_answer()}) {
    for (const Paused& each : pauses) {
      INFO(each.name);
      InPause in(each);
      in.client.reset();
      const ConnectionRecord record = in.server.closed();
      INFO(record);
      CHECK(record.verdict.closed_first == Side::client);
      CHECK(record.verdict.closed_by == ClosedBy::rst);
      CHECK(record.verdict.reset_by == ResetBy::client);
      CHECK(record.close_reason == CloseReason::peer_reset);
    }
  }
}

TEST_CASE("a FIN in a pause is noticed when it comes, and the answer goes on") {
  for (const Paused& each : in_an_answer()) {
    INFO(each.name);
    if (std::holds_alternative<StallAction>(each.rules.back().action)) continue;
    InPause in(each);
    in.client.send_fin();
    const auto is_noticed = [&] {
      const ConnectionRecord record = in.server.connections().front();
      const auto* sampled = find<fact::Sampled>(record);
      return sampled != nullptr && sampled->moment == SampleMoment::while_waiting;
    };
    CHECK(eventually(is_noticed));
    in.client.reset();
    CHECK(in.server.closed().verdict.closed_first == Side::client);
  }
}

TEST_CASE("with client_half_close = abort a FIN in a pause of an answer ends it") {
  for (const Paused& each : in_an_answer()) {
    INFO(each.name);
    InPause in(each, ClientHalfClose::abort);
    in.client.send_fin();
    in.client.receive_to_end();
    const ConnectionRecord record = in.server.closed();
    INFO(record);
    CHECK(record.verdict.closed_first == Side::client);
    CHECK(record.close_reason == CloseReason::peer_closed);
  }
}

TEST_CASE("a request that a rule delays is read, though its client has reset the connection") {
  InPause in({"", {at(At::accept).delay(200ms)}, get("/"), ""});
  in.client.reset();
  const ConnectionRecord record = in.server.closed();
  INFO(record);
  CHECK(record.requests.size() == 1);
  CHECK(record.verdict.reset_by == ResetBy::client);
}

}  // namespace
}  // namespace closelab::loopback
