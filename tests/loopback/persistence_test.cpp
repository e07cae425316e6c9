// What keeps a connection and what ends it, and what becomes of bytes after the end.

#include <atomic>
#include <vector>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a connection is kept or closed as its request says") {
  const struct {
    const char* version;
    const char* fields;
    CloseReason reason;
  } rows[] = {
      {"1.1", "", CloseReason::none},
      {"1.1", "Connection: keep-alive\r\n", CloseReason::none},
      {"1.1", "Connection: x-other\r\n", CloseReason::none},
      {"1.1", "Connection: close\r\n", CloseReason::request_close},
      {"1.1", "Connection: Close\r\n", CloseReason::request_close},
      {"1.1", "connection:close\r\n", CloseReason::request_close},
      {"1.1", "Connection: keep-alive, close\r\n", CloseReason::request_close},
      {"1.1", "Connection: close, keep-alive\r\n", CloseReason::request_close},
      {"1.1", "Connection: , x ,\tclose ,\r\n", CloseReason::request_close},
      {"1.1", "Connection: close\r\nConnection: keep-alive\r\n", CloseReason::request_close},
      {"1.1", "Connection: keep-alive\r\nX: y\r\nConnection: close\r\n", CloseReason::request_close},
      {"1.1", "Proxy-Connection: close\r\n", CloseReason::none},
      {"1.1", "Connection: close-not\r\n", CloseReason::none},
      {"1.0", "", CloseReason::http_1_0},
      {"1.0", "Connection: close\r\n", CloseReason::request_close},
      {"1.0", "Connection: keep-alive\r\n", CloseReason::none},
      {"1.0", "Connection: Keep-Alive, x\r\n", CloseReason::none},
      {"1.0", "Connection: keep-alive\r\nConnection: close\r\n", CloseReason::request_close},
      {"1.2", "", CloseReason::none},
  };
  TestServer server;
  for (const auto& row : rows) {
    CAPTURE(row.version);
    CAPTURE(row.fields);
    Client client(server);
    const std::string request = std::string("GET / HTTP/") + row.version + "\r\nHost: h\r\n" + row.fields + "\r\n";
    const Reply reply = client.exchange(request);
    CHECK(reply.body == "hello");
    const bool kept = row.reason == CloseReason::none;
    if (kept) {
      CHECK(client.exchange(get("/")).status == 200);
      client.close();
    } else {
      CHECK(reply.field("connection") == "close");
      CHECK(reply.field("keep-alive") == "");
      CHECK(client.receives_fin());
      client.close();
    }
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == (kept ? CloseReason::peer_closed : row.reason));
    CHECK(record.request_count == (kept ? 2 : 1));
    CHECK(record.verdict.closed_first == (kept ? Side::client : Side::server));
    REQUIRE_FALSE(record.requests.empty());
    CHECK(record.requests.front().persistence.reason == row.reason);
  }
}

TEST_CASE("a kept connection advertises its idle timeout, to HTTP/1.0 that it is kept") {
  Options options;
  options.timeouts.idle_timeout = 7900ms;
  TestServer server(options);
  Client client(server);
  CHECK(client.exchange(get("/")).field("keep-alive") == "timeout=7");
  CHECK(client.exchange(get_1_0("/", "Connection: keep-alive\r\n")).field("connection") == "keep-alive");
}

TEST_CASE("a handler may end the connection") {
  TestServer server;
  server.handle("/mode", [](const Request&) { return Response{.close_mode = CloseMode::immediate}; });
  for (const char* path : {"/close", "/mode"}) {
    CAPTURE(path);
    Client client(server);
    CHECK(client.exchange(get(path)).field("connection") == "close");
    CHECK(client.receives_fin());
    client.close();
    CHECK(server.closed().close_reason == CloseReason::response_close);
  }
}

TEST_CASE("request_limit: `max` counts down, and the last answer says close") {
  Options options;
  options.request_limit = 3;
  TestServer server(options);
  Client client(server);
  CHECK(client.exchange(get("/")).field("keep-alive") == "timeout=5, max=2");
  CHECK(client.exchange(get("/")).field("keep-alive") == "timeout=5, max=1");
  client.send(get("/") + get("/"));
  const Reply last = client.receive_reply();
  CHECK(last.field("connection") == "close");
  CHECK(last.field("keep-alive") == "");
  CHECK(client.receives_fin());
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.close_reason == CloseReason::request_limit);
  CHECK(record.request_count == 3);
}

TEST_CASE("1,000 requests in one go are answered in order") {
  TestServer server;
  Client client(server);
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += get("/path/" + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 1000; ++i) REQUIRE(client.receive_reply().body == "/path/" + std::to_string(i));
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.request_count == 1000);
  CHECK(record.requests.size() == server.options().requests_kept);
  CHECK(record.requests.back().number == 1000);
}

TEST_CASE("requests of every kind in a row, byte by byte") {
  TestServer server;
  Client client(server);
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: "
      "v\r\n\r\n";
  for (const char c : get("/") + "\r\n" + post("/echo", "body") + chunked + get("/path/x")) client.send({&c, 1});
  CHECK(client.receive_reply().body == "hello");
  CHECK(client.receive_reply().body == "body");
  CHECK(client.receive_reply().body == "hello!");
  CHECK(client.receive_reply().body == "/path/x");
}

TEST_CASE("a request that comes while another waits for its answer waits too") {
  TestServer server;
  Client client(server);
  client.send(get("/delay") + get("/path/1"));
  client.send(get("/delay") + get("/path/2"));
  for (const char* body : {"late", "/path/1", "late", "/path/2"}) CHECK(client.receive_reply().body == body);
}

TEST_CASE("large answers to pipelined requests come whole and in order, however slowly they are taken") {
  TestServer server;
  Client client(server, 4096);
  std::string requests;
  for (int i = 1; i <= 5; ++i)
    requests += get("/large?" + std::to_string(i * 300'000)) + get("/path/" + std::to_string(i));
  client.send(requests);
  for (int i = 1; i <= 5; ++i) {
    CHECK((client.receive_reply().body == pattern(static_cast<std::size_t>(i) * 300'000)));
    CHECK(client.receive_reply().body == "/path/" + std::to_string(i));
  }
}

TEST_CASE("a bad request after good ones: their answers come first") {
  TestServer server;
  Client client(server);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/path/" + std::to_string(i));
  client.send(requests + "BAD\r\n\r\n" + get("/path/behind"));
  for (int i = 0; i < 100; ++i) REQUIRE(client.receive_reply().body == "/path/" + std::to_string(i));
  CHECK(client.receive_reply().status == 400);
  CHECK(client.receives_fin());
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.close_reason == CloseReason::protocol_error);
  CHECK(record.request_count == 101);
}

TEST_CASE("nothing is processed after the request that ends the connection") {
  TestServer server;
  std::atomic<int> handled = 0;
  server.handle("/count", [&](const Request&) { return Response{.body = std::to_string(++handled)}; });
  const std::string ends[] = {get("/", "Connection: close\r\n"), get("/close"), get_1_0("/"), "BAD\r\n\r\n"};
  for (const std::string& end : ends) {
    CAPTURE(end);
    Client client(server);
    client.send(end + get("/count"));
    client.receive_reply();
    client.try_send(get("/count"));
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.request_count == 1);
    CHECK(record.verdict.closed_first == Side::server);
    CHECK(record.verdict.reset_by == ResetBy::none);
  }
  CHECK(handled == 0);
}

TEST_CASE("a client that half-closes gets its answers") {
  TestServer server;
  const struct {
    const char* what;
    std::string request;
    std::size_t body;
  } rows[] = {
      {"at once", get("/"), 5},
      {"after a delay", get("/delay"), 4},
      {"large", get("/large?3000000"), 3'000'000},
      {"streamed", get("/stream?3000000"), 3'000'000},
      {"with Connection: close", get("/", "Connection: close\r\n"), 5},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Client client(server, 8192);
    client.send(row.request);
    client.send_fin();
    CHECK(client.receive_reply().body.size() == row.body);
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.verdict.reset_by == ResetBy::none);
  }
}

TEST_CASE("a half-close after pipelined requests: all are answered, and the client has closed first") {
  TestServer server;
  Client client(server);
  client.send(get("/delay") + get("/path/1") + get("/path/2"));
  client.send_fin();
  for (const char* body : {"late", "/path/1", "/path/2"}) CHECK(client.receive_reply().body == body);
  CHECK(client.receives_fin());
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.close_reason == CloseReason::peer_closed);
  CHECK(record.verdict.closed_first == Side::client);
  CHECK(record.verdict.closed_by == ClosedBy::fin);
  CHECK(record.verdict.time_wait == TimeWait::client);
}

TEST_CASE("a half-close in the middle of a request is answered 400") {
  TestServer server;
  const std::string beginnings[] = {
      "G",
      "GET / HTTP/1.1\r\nHost: h\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      get("/") + "GET / HT",
  };
  for (const std::string& beginning : beginnings) {
    CAPTURE(beginning);
    Client client(server);
    client.send(beginning);
    client.send_fin();
    Reply reply = client.receive_reply();
    if (reply.status == 200) reply = client.receive_reply();
    CHECK(reply.status == 400);
    CHECK(reply.body == "400 Bad Request: the client closed before its request was complete\n");
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == CloseReason::peer_closed);
    CHECK(record.verdict.closed_first == Side::client);
  }
}

TEST_CASE("a client that says nothing and leaves, or only empty lines, is no request") {
  TestServer server;
  for (const char* said : {"", "\r\n", "\r\n\r\n"}) {
    Client client(server);
    client.send(said);
    client.send_fin();
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    CHECK(record.request_count == 0);
    CHECK(record.close_reason == CloseReason::peer_closed);
  }
  CHECK(server.counts().with_requests == 0);
}

}  // namespace
}  // namespace closelab::loopback
