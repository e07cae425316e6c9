// A client that sends 10 MB to a route that refuses it: does it get the answer?

#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

constexpr int tries = 200;
constexpr std::size_t body_bytes = 10 * 1024 * 1024;

enum class Reads { after_sending, while_sending };

struct Outcome {
  Sent sent;
  Received received;
};

Outcome upload(const Server& server, const std::string& request, Reads reads) {
  Client client(server);
  Outcome outcome;
  if (reads == Reads::while_sending) {
    std::jthread reader([&] { outcome.received = client.receive_to_end(); });
    outcome.sent = client.try_send(request);
  } else {
    outcome.sent = client.try_send(request);
    outcome.received = client.receive_to_end();
  }
  return outcome;
}

std::string upload_with_length() { return post("/echo", std::string(body_bytes, 'x')); }

std::string upload_in_chunks() {
  std::string request = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (std::size_t sent = 0; sent < body_bytes; sent += 0x10000) request += chunk;
  return request + "0\r\n\r\n";
}

bool is_complete_413(const std::string& bytes) {
  return bytes.starts_with("HTTP/1.1 413 ") && bytes.ends_with("the body is too large\n");
}

TEST_CASE("lingering: the client gets the whole 413, 200 times of 200") {
  for (const Reads reads : {Reads::after_sending, Reads::while_sending}) {
    for (const std::string& request : {upload_with_length(), upload_in_chunks()}) {
      TestServer server;
      int complete = 0;
      for (int i = 0; i < tries; ++i) complete += is_complete_413(upload(server, request, reads).received.bytes);
      CHECK(complete == tries);
    }
  }
}

TEST_CASE("lingering that takes the whole body: nothing fails on the client's side, and our side does not reset") {
  Options options;
  options.lingering.bytes = 2 * body_bytes;
  for (const Reads reads : {Reads::after_sending, Reads::while_sending}) {
    for (const std::string& request : {upload_with_length(), upload_in_chunks()}) {
      TestServer server(options);
      for (int i = 0; i < 20; ++i) {
        const Outcome outcome = upload(server, request, reads);
        CHECK(is_complete_413(outcome.received.bytes));
        CHECK(outcome.sent.error == 0);
        CHECK(outcome.received.error == 0);
        const ConnectionRecord record = server.closed();
        INFO(record);
        // An ACK of the client's that is late on another CPU meets our TIME_WAIT; the closed client answers the answer
        // with an RST, which takes TIME_WAIT away (RFC 1337). That is the kernel's doing, and the record says so.
        const bool taken = record.verdict.time_wait == TimeWait::none;
        CHECK(record.verdict.reset_by == (taken ? ResetBy::undetermined : ResetBy::none));
        CHECK((taken || record.verdict.time_wait == TimeWait::server));
        CHECK(find<fact::RequestUnfinished>(record));
      }
    }
  }
}

TEST_CASE("immediate: a large error page is cut off, and the record says so each time") {
  Options options;
  options.close_mode = CloseMode::immediate;
  TestServer server(options);
  // Ends the connection while a second request is still coming in: its bytes are unread at close().
  server.handle("/refuse", [](const Request&) {
    return Response{.status = 403, .headers = {{"Connection", "close"}}, .body = pattern(2'000'000)};
  });
  const std::string request = get("/refuse") + upload_with_length();
  int lost = 0;
  for (int i = 0; i < 50; ++i) {
    Client client(server, 16 * 1024);
    const Sent sent = client.try_send(request);
    const Received received = client.receive_to_end();
    const bool complete = received.bytes.ends_with(pattern(2'000'000));
    const bool noticed = !complete || sent.error != 0 || received.error != 0;
    lost += complete ? 0 : 1;
    const ConnectionRecord record = server.closed();
    INFO(record);
    if (noticed) CHECK(record.verdict.reset_by == ResetBy::server);
    if (!complete) CHECK(record.verdict.bytes_at_risk.value_or(1) > 0);
  }
  MESSAGE("the 2 MB answer was cut off " << lost << " times of 50");
  CHECK(lost > 0);
}

}  // namespace
}  // namespace closelab::loopback
