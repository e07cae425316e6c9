// What rules say: every byte that the client gets is compared.

#include <regex>
#include <sstream>

#include "server/rules/rule_text.h"
#include "server/text/printable.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options brisk() {
  Options options;
  options.lingering.time = 200ms;
  options.keep_alive.timeout.kind = Advertised<std::chrono::milliseconds>::Kind::off;
  return options;
}

Rule rule(const std::string& line) {
  const server::ParsedRule parsed = server::parse_rule(std::string_view(line));
  REQUIRE(parsed.error == "");
  return parsed.value;
}

/// Every byte but the date.
std::string undated(const std::string& bytes) { return std::regex_replace(bytes, std::regex("Date: [^\r]*\r\n"), ""); }

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string hello_and_close = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
const std::string proceed = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string upload = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

struct Case {
  std::string rule;
  std::string request;
  std::string received;
  /// ECONNRESET instead of EOF.
  bool reset = false;
};

void check(const Case& c) {
  CAPTURE(c.rule);
  TestServer server(brisk());
  server.add_rule(rule(c.rule).on_connection(1));
  Client client(server);
  if (!c.request.empty()) client.send(c.request);
  const Received received = client.receive_to_end();
  CHECK(undated(received.bytes) == c.received);
  CHECK(received.error == (c.reset ? ECONNRESET : 0));
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.rules_fired.size() >= 1);
}

TEST_CASE("an answer says what it is told, in every byte") {
  const std::string get_root = get("/");
  const Case cases[] = {
      {"answer=401,close=lingering", get_root,
       "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"answer=503,at=request_headers,body=no,reason=Go Away,close=lingering", get_root,
       "HTTP/1.1 503 Go Away\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"},
      {"answer=200,fields=x-B: 2\\r\\nX-a:1,version=1.0,close=half", get_root,
       "HTTP/1.0 200 OK\r\nx-B: 2\r\nX-a:1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"answer=200,framing=close,body=abc", get_root, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"},
      {"answer=200,framing=close,body=abc,close=abortive", get_root, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc",
       true},
      {"answer=200,framing=chunked,body=abc,trailers=X-Sum: 6,close=lingering", get_root,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n"},
      {"answer=200,framing=none,body=abc,close=lingering,announce=none", get_root, "HTTP/1.1 200 OK\r\n\r\nabc"},
      {"answer=200,length=9,body=abc,close=lingering,announce=keep-alive", get_root,
       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\nabc"},
      {"answer=200,length=1,body=abc,close=lingering", get_root,
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nabc"},
      {"answer=200,fields=content-length: 1\\r\\nContent-Length: 2,body=ab,close=lingering", get_root,
       "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"},
      {"answer=200,body=abc,close=lingering", "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("an early answer does not wait for the body") {
  const std::string unsent = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 400\r\n\r\nsome";
  const std::string refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const Case cases[] = {
      {"answer=401,at=request_headers,read_body=off,close=lingering", unsent, refused},
      {"answer=401,at=request_body:4,read_body=off,close=lingering", unsent, refused},
      {"answer=401,at=request_headers,read_body=off,close=abortive", unsent, refused, true},
      {"answer=401,at=expect,read_body=off,close=half", upload, refused},
      {"expect=final:417", upload, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("an early answer that arrived needs no second request, though the body was not read") {
  TestServer server(brisk());
  server.add_rule(rule("answer=401,at=request_headers,read_body=off,close=lingering"));
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 400\r\n\r\nsome");
  client.receive_to_end();
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.retry == Retry::not_needed);
  CHECK(record.close_reason == CloseReason::rule);
}

TEST_CASE("an early answer on a kept connection: the rest of the body is dropped, and the next request is answered") {
  TestServer server;
  server.add_rule(rule("answer=403,at=request_headers,read_body=off,times=1"));
  Client client(server);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
  CHECK(client.receive_reply().status == 403);
  client.send("half" + get("/"));
  const Reply second = client.receive_reply();
  CHECK(second.status == 200);
  CHECK(second.body == "hello");
  client.close();
  const ConnectionRecord record = server.closed();
  INFO(record);
  REQUIRE(record.requests.size() == 2);
  CHECK(record.requests[0].status == 403);
  CHECK(record.requests[0].seen_by == SeenBy::server);
  CHECK(record.retry == Retry::not_needed);
}

TEST_CASE("an early answer is the only one, whatever becomes of the rest of the body") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  struct Rest {
    const char* bytes;
    CloseReason reason;
  };
  for (const Rest& rest : {Rest{"zz\r\n", CloseReason::protocol_error}, Rest{"", CloseReason::peer_closed},
                           Rest{"4\r\nlate", CloseReason::body_timeout}}) {
    CAPTURE(rest.bytes);
    Options options = brisk();
    options.timeouts.body_timeout = rest.reason == CloseReason::body_timeout ? 50ms : 20s;
    TestServer server(options);
    server.add_rule(rule("answer=403,at=request_headers,read_body=off"));
    Client client(server);
    client.send(head);
    CHECK(client.receive_reply().status == 403);
    client.send(rest.bytes);
    if (rest.reason == CloseReason::peer_closed) client.send_fin();
    CHECK(client.receive_to_end().bytes == "");
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == rest.reason);
    CHECK(record.requests.size() == 1);
  }
}

TEST_CASE("bytes are sent at any moment, as they are") {
  const std::string get_root = get("/", "Connection: close\r\n");
  const std::string post_root = post("/", "body", "Connection: close\r\n");
  const std::string head = hello_and_close.substr(0, hello_and_close.size() - 5);
  const Case cases[] = {
      {"send=220 hi\\r\\n,at=accept", get_root, "220 hi\r\n" + hello_and_close},
      {"send=\\x16\\x03\\x01,at=accept,close=lingering", "", "\x16\x03\x01"},
      {"send=\\x00\\\\,at=accept,close=abortive", "", std::string("\0\\", 2), true},
      {"send=early,at=request_headers", get_root, "early" + hello_and_close},
      {"send=early,at=request_body:2", post_root, "early" + hello_and_close},
      {"send=ICY 200 OK\\r\\n\\r\\n,at=before_response,close=lingering", get_root, "ICY 200 OK\r\n\r\n"},
      {"send=XX,at=response_headers", get_root, head + "XXhello"},
      {"send=XX,at=response_body:2", get_root, head + "heXXllo"},
      {"send=XX,at=response_wire:4", get_root, "HTTPXX" + hello_and_close.substr(4)},
      {"send=XX,at=after_response", get_root, hello_and_close + "XX"},
      {"send=XX,at=after_response,close=abortive", get("/"), hello + "XX", true},
      {"send=XX,at=idle:20ms,close=lingering", "", "XX"},
      {"send=XX,at=idle:20ms,close=lingering", get("/"), hello + "XX"},
      {"answer=408,at=idle:20ms,close=lingering", get("/"),
       hello + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"answer=200,body=two,at=after_response", get_root,
       hello_and_close + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("a response is cut at every one of its bytes, head and chunks included") {
  const std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n";
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    CAPTURE(bytes);
    TestServer server(brisk());
    server.add_rule(rule("answer=200,framing=chunked,body=abc,trailers=X-Sum: 6,fields=Date: 0"));
    server.add_rule(at_response_wire(bytes + 9).close(bytes % 2 == 0 ? CloseMode::abortive : CloseMode::lingering));
    Client client(server);
    client.send(get("/"));
    std::string expected = whole;
    expected.insert(17, "Date: 0\r\n");
    const Received received = client.receive_to_end();
    CHECK(received.bytes == expected.substr(0, bytes + 9));
    CHECK(received.error == (bytes % 2 == 0 ? ECONNRESET : 0));
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.retry == (bytes == whole.size() ? Retry::not_needed : Retry::if_idempotent));
  }
}

TEST_CASE("interim responses, one or thousands, come before what is final") {
  std::string hints;
  for (int i = 0; i < 3000; ++i) hints += "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string get_root = get("/", "Connection: close\r\n");
  const Case cases[] = {
      {"interim=102", get_root, "HTTP/1.1 102 Processing\r\n\r\n" + hello_and_close},
      {"interim=103,count=3000,fields=Link: </a>,at=request_headers", get_root, hints + hello_and_close},
      {"interim=100,at=accept", get_root, proceed + hello_and_close},
      {"interim=150,at=before_response", get_root, "HTTP/1.1 150 \r\n\r\n" + hello_and_close},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("a 100 is sent as it is told: at once, never, late, or twice") {
  struct Row {
    const char* rule;
    std::string before_body;
    std::string after_body;
  };
  const Row rows[] = {
      {"expect=continue", proceed, hello},
      {"expect=twice", proceed + proceed, hello},
      {"expect=never", "", hello},
      {"expect=late:60ms", "", proceed + hello},
      {"delay=60ms,at=request_headers", "", hello},
      {"delay=60ms,at=expect", "", hello},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.rule));
    TestServer server(brisk());
    server.add_rule(rule(row.rule));
    Client client(server);
    client.send(upload);
    if (!row.before_body.empty()) CHECK(client.receive_until(row.before_body) == row.before_body);
    client.send("body");
    CHECK(undated(client.receive_until("hello")) == row.after_body);
  }
}

TEST_CASE("Connection and Keep-Alive say what is announced, whatever becomes of the connection") {
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";
  const Case cases[] = {
      {"announce=none", get("/", "Connection: close\r\n"), start + "\r\nhello"},
      {"announce=keep-alive", get_1_0("/"), start + "Connection: keep-alive\r\n\r\nhello"},
      {"announce=timeout=0", get("/", "Connection: close\r\n"),
       start + "Connection: keep-alive\r\nKeep-Alive: timeout=0\r\n\r\nhello"},
      {"announce=x; max=1", get("/", "Connection: close\r\n"),
       start + "Connection: x\r\nKeep-Alive: max=1\r\n\r\nhello"},
      {"close=lingering", get("/"), start + "Connection: close\r\n\r\nhello"},
      {"close=abortive", get("/"), start + "Connection: close\r\n\r\nhello", true},
      {"close=lingering,announce=none", get("/"), start + "\r\nhello"},
      {"close=lingering,at=response_body:2", get("/"), start + "\r\nhe"},
      {"close=lingering,at=response_body:2,announce=close", get("/"), start + "Connection: close\r\n\r\nhe"},
      {"close=lingering,at=idle:20ms,announce=close", get("/"), start + "Connection: close\r\n\r\nhello"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("next_request only after so long a time of idleness") {
  TestServer server;
  server.add_rule(at(At::next_request).close(CloseMode::abortive).after_idle(80ms));
  Client client(server);
  client.send(get("/") + get("/"));
  CHECK(client.receive_reply().status == 200);
  CHECK(client.receive_reply().status == 200);
  CHECK(client.exchange(get("/")).status == 200);
  std::this_thread::sleep_for(100ms);
  client.try_send(get("/"));
  CHECK(client.receive_to_end().error == ECONNRESET);
}

TEST_CASE("a rule for one method lets the others pass") {
  TestServer server;
  server.add_rule(rule("answer=405,method=POST"));
  Client client(server);
  CHECK(client.exchange(get("/")).status == 200);
  CHECK(client.exchange(post("/", "x")).status == 405);
}

TEST_CASE("the record counts what no handler said, and knows an answer that no client can have whole") {
  struct Row {
    const char* rule;
    std::uint64_t said;
    Retry retry;
    bool spoiled;
  };
  const Row rows[] = {
      {"send=XX,at=after_response,close=lingering", 2, Retry::not_needed, false},
      {"send=XX,at=response_body:2", 2, Retry::if_idempotent, true},
      {"answer=200,length=9,body=abc,close=lingering", 0, Retry::if_idempotent, true},
      {"answer=200,length=9,body=abc,close=lingering,at=request_headers", 0, Retry::safe, true},
      {"answer=200,body=abc,close=lingering,at=request_headers", 0, Retry::not_needed, false},
      {"send=HTTP/1.1 200 OK\\r\\n\\r\\n,at=request_headers,close=lingering", 19, Retry::safe, false},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.rule));
    TestServer server(brisk());
    server.add_rule(rule(row.rule));
    Client client(server);
    client.send(get("/", "Connection: close\r\n"));
    client.receive_to_end();
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.rules_fired.at(0).said_bytes == row.said);
    CHECK(record.retry == row.retry);
    CHECK(record.requests.at(0).answer_spoiled == row.spoiled);
    std::ostringstream words;
    words << record.rules_fired.at(0);
    CHECK((words.str().find(server::counted(row.said, "byte") + " that no handler said") != std::string::npos) ==
          (row.said > 0));
  }
}

}  // namespace
}  // namespace closelab::loopback
