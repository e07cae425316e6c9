// What a `slow` rule let pass bit by bit was drawn as one line when the last of it was out, and the record had none of
// the pieces.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

std::size_t position(const std::string& text, const std::string& part) {
  CAPTURE(text);
  REQUIRE(text.find(part) != std::string::npos);
  return text.find(part);
}

}  // namespace

TEST_CASE("each piece of a slow answer is drawn at its own time, after the rule and before the whole answer") {
  TestServer server;
  server.add_rule(at(At::response_headers).slow(60, 5ms));
  Client client(server);
  client.exchange(get("/large?100"));
  client.close();
  const ConnectionRecord record = server.closed();
  REQUIRE(record.rules_fired.size() == 1);
  const auto& pieces = record.rules_fired.front().pieces;
  REQUIRE(pieces);
  REQUIRE(pieces->first.size() == 2);
  std::uint64_t sent = 0;
  std::chrono::nanoseconds last{};
  for (const PacedPiece& piece : pieces->first) {
    CHECK(piece.from == Sender::server);
    CHECK(piece.at >= last + (sent > 0 ? 5ms : 0ms));
    last = piece.at;
    sent += piece.bytes;
  }
  CHECK(sent == 100);
  const std::string drawn = ladder(record);
  CHECK(position(drawn, "slow 60") < position(drawn, "a piece of 60 bytes"));
  CHECK(position(drawn, "a piece of 60 bytes") < position(drawn, "200 OK, 100 bytes"));
}

TEST_CASE("pieces of a request that is read slowly are the client's, and of many the first are kept") {
  TestServer server;
  server.add_rule(at(At::request_headers).slow(5, 1ms));
  Client client(server);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n");
  CHECK(eventually([&] { return server.rules().front().fired == 1; }));
  CHECK(client.exchange(pattern(200)).body == pattern(200));
  client.close();
  const ConnectionRecord record = server.closed();
  const auto& pieces = record.rules_fired.front().pieces;
  REQUIRE(pieces);
  CHECK(pieces->first.front().from == Sender::client);
  CHECK(pieces->first.size() == PacedPieces::kept);
  CHECK(pieces->left_out > 0);
  CHECK(ladder(record).find("more pieces, not shown") != std::string::npos);
}

}  // namespace closelab::loopback
