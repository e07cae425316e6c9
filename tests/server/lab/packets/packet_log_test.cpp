#include "server/lab/packets/packet_log.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

constexpr std::uint16_t port = 8080;
constexpr std::chrono::system_clock::time_point start{1000s};

Endpoint loopback(std::uint16_t at) { return {.family = AddressFamily::ipv4, .port = at, .address = {127, 0, 0, 1}}; }

enum class From : std::uint8_t { client, server };

/// A packet between the server and the client at that port.
LoggedPacket packet(std::chrono::microseconds at, From from, std::uint16_t client, fact::Segment segment) {
  const bool is_client = from == From::client;
  SeenSegment seen{.source = loopback(is_client ? client : port), .destination = loopback(is_client ? port : client)};
  seen.segment = segment;
  return {.at = start + at, .seen = seen};
}

const fact::Segment syn{.syn = true, .sequence = 7};
const fact::Segment syn_ack{.syn = true, .ack = true};
const fact::Segment data{.ack = true, .payload = 10};
const fact::Segment fin{.fin = true, .ack = true};
const fact::Segment last_ack{.ack = true};

/// The handshake, a request, its answer with our FIN, the client's FIN, and the last ACK.
std::vector<LoggedPacket> story(std::chrono::microseconds begin, std::uint16_t client, std::uint32_t sequence) {
  fact::Segment first = syn;
  first.sequence = sequence;
  fact::Segment answer = fin;
  answer.payload = 20;
  return {packet(begin, From::client, client, first),      packet(begin + 1us, From::server, client, syn_ack),
          packet(begin + 9us, From::client, client, data), packet(begin + 20us, From::server, client, answer),
          packet(begin + 30us, From::client, client, fin), packet(begin + 31us, From::server, client, last_ack)};
}

ConnectionRecord record(std::uint64_t id, std::chrono::microseconds accepted, std::uint16_t client) {
  RequestRecord request;
  request.number = 1;
  request.method = "GET";
  request.target = "/" + std::to_string(id);
  request.status = 200;
  request.received_at = 10us;
  request.answered_at = 15us;
  ConnectionRecord result;
  result.id = id;
  result.phase = Phase::settled;
  result.server = loopback(port);
  result.client = loopback(client);
  result.accepted_at = start + accepted;
  result.request_count = 1;
  result.requests = {request};
  result.verdict.closed_first = Side::server;
  result.evidence = {{.at = 0us},
                     {.at = 16us, .fact = fact::SentFin{}},
                     {.at = 28us, .fact = fact::ReceivedFin{}},
                     {.at = 29us, .fact = fact::Closed{}},
                     {.at = 1ms, .source = Source::sock_diag, .fact = fact::OwnSocket{TcpState::time_wait, 60s}}};
  return result;
}

TEST_CASE("each packet has the words of its connection's ladder, the last one how it ended") {
  const auto words = words_of(story(0us, 50000, 7), port, {record(1, 2us, 50000)});
  REQUIRE(words.size() == 6);
  CHECK(words[0] == Texts{"client: connects"});
  CHECK(words[1].empty());
  CHECK(words[2] == Texts{"client: GET /1 HTTP/1.1"});
  CHECK(words[3] == Texts{"server: 200 OK, 0 bytes", "server: FIN"});
  CHECK(words[4] == Texts{"client: FIN", "server: TIME_WAIT, 60.0 s left", "server: close()"});
  CHECK(words[5] == Texts{describe(record(1, 2us, 50000))});
}

TEST_CASE("a client's port that is used again is another connection's") {
  std::vector<LoggedPacket> packets = story(0us, 50000, 7);
  for (const LoggedPacket& each : story(100us, 50000, 900)) packets.push_back(each);
  const auto words = words_of(packets, port, {record(1, 2us, 50000), record(2, 102us, 50000)});
  CHECK(words[2] == Texts{"client: GET /1 HTTP/1.1"});
  CHECK(words[8] == Texts{"client: GET /2 HTTP/1.1"});
  CHECK(words[11].back().starts_with("connection 2:"));
}

TEST_CASE("connections whose packets lie between each other's, and packets of none") {
  std::vector<LoggedPacket> packets = story(0us, 50000, 7);
  const std::vector<LoggedPacket> others = story(0us, 50001, 7);
  for (std::size_t i = 0; i < others.size(); ++i)
    packets.insert(packets.begin() + static_cast<std::ptrdiff_t>(2 * i), others[i]);
  packets.push_back({.at = start});  // not understood
  const auto words = words_of(packets, port, {record(1, 2us, 50000), record(2, 2us, 50001), record(3, 2us, 50002)});
  CHECK(words[4] == Texts{"client: GET /2 HTTP/1.1"});
  CHECK(words[5] == Texts{"client: GET /1 HTTP/1.1"});
  CHECK(words[12].empty());
}

TEST_CASE("what began before the capture has its words, too") {
  std::vector<LoggedPacket> packets = story(0us, 50000, 7);
  packets.erase(packets.begin(), packets.begin() + 2);
  const auto words = words_of(packets, port, {record(1, -5us, 50000)});
  CHECK(words[0] == Texts{"client: connects", "client: GET /1 HTTP/1.1"});
  CHECK(words[3].back().starts_with("connection 1:"));
}

}  // namespace
}  // namespace closelab::lab
