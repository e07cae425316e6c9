// Messages on the wire: bodies, framing, interim responses, errors and limits.

#include <vector>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("OPTIONS * asks the server, not a handler") {
  TestServer server;
  Client client(server);
  const Reply reply = client.exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(reply.status == 200);
  CHECK(reply.body == "");
  CHECK(reply.field("allow").find("GET") != std::string::npos);
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("HEAD gets GET's head without its body, and the connection goes on") {
  TestServer server;
  Client client(server);
  for (const char* path : {"/", "/large?100000", "/stream?100000", "/chunked?100000"}) {
    CAPTURE(path);
    const Reply whole = client.exchange(get(path));
    std::string head = get(path);
    const Reply reply = client.exchange(head.replace(0, 3, "HEAD"), Body::none);
    CHECK(reply.status == 200);
    CHECK(reply.field("content-length") == whole.field("content-length"));
    CHECK(reply.field("transfer-encoding") == whole.field("transfer-encoding"));
  }
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("204, 205 and 304 have no body, whatever the handler gave") {
  TestServer server;
  int status = 0;
  server.handle("/status", [&](const Request&) { return Response{.status = status, .body = "unwanted"}; });
  server.handle("/streamed", [&](const Request&) { return Response{.status = status, .body_source = filler(100)}; });
  Client client(server);
  for (const int code : {204, 205, 304}) {
    for (const char* path : {"/status", "/streamed"}) {
      CAPTURE(code);
      CAPTURE(path);
      status = code;
      const Reply reply = client.exchange(get(path));
      CHECK(reply.status == code);
      CHECK(reply.body == "");
      CHECK(reply.field("content-length") == (code == 205 ? "0" : ""));
      CHECK(reply.field("transfer-encoding") == "");
    }
  }
  CHECK(client.exchange(get("/")).body == "hello");
}

TEST_CASE("a response has a Date, and its handler's fields but for the server's own") {
  TestServer server;
  server.handle("/fields", [](const Request&) {
    return Response{.headers = {{"X-Field", "a"},
                                {"X-Field", "b"},
                                {"Content-Length", "99"},
                                {"Date", "never"},
                                {"Transfer-Encoding", "chunked"}},
                    .body = "12345"};
  });
  Client client(server);
  const Reply reply = client.exchange(get("/fields"));
  CHECK(reply.field("x-field") == "a, b");
  CHECK(reply.field("content-length") == "5");
  CHECK(reply.field("transfer-encoding") == "");
  CHECK(reply.field("date").ends_with(" GMT"));
  CHECK(reply.status_line == "HTTP/1.1 200 OK");
}

TEST_CASE("bodies of every size, with Content-Length and chunked, there and back") {
  Options options;
  options.limits.body_bytes = 4'000'000;
  TestServer server(options);
  Client client(server);
  for (const std::size_t size : {0, 1, 4096, 4097, 65'535, 65'536, 1'000'000, 4'000'000}) {
    CAPTURE(size);
    const std::string body = pattern(size);
    std::string in_chunks = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < size; at += 50'000) {
      const std::string piece = body.substr(at, 50'000);
      char length[16];
      std::snprintf(length, sizeof length, "%zx\r\n", piece.size());
      in_chunks += length + piece + "\r\n";
    }
    in_chunks += "0\r\n\r\n";
    CHECK((client.exchange(post("/echo", body)).body == body));
    CHECK((client.exchange(in_chunks).body == body));
  }
}

TEST_CASE("a body of unknown length is chunked, to HTTP/1.0 delimited by the end") {
  TestServer server;
  Client client(server);
  for (const std::size_t size : {0, 1, 65'536, 1'000'000}) {
    CAPTURE(size);
    const Reply reply = client.exchange(get("/chunked?" + std::to_string(size)));
    CHECK(reply.field("transfer-encoding") == "chunked");
    CHECK(reply.body.size() == size);
  }
  const Reply reply = client.exchange(get_1_0("/chunked?100000", "Connection: keep-alive\r\n"));
  CHECK(reply.field("connection") == "close");
  CHECK(reply.field("transfer-encoding") == "");
  CHECK(reply.body.size() == 100'000);
  client.close();
  const ConnectionRecord record = server.closed();
  CHECK(record.close_reason == CloseReason::body_delimited);
  CHECK(record.requests.back().response_body_bytes == 100'000);
}

TEST_CASE("Expect: 100-continue is answered once, before the body is there") {
  TestServer server;
  Client client(server);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    CHECK(client.exchange(head).status == 100);
    client.send("bo");
    client.send("dy");
    CHECK(client.receive_reply().body == "body");
  }
  client.send(head + "body");
  CHECK(client.receive_reply().status == 200);
}

TEST_CASE("no 100 for HTTP/1.0, for no body, or before a refusal") {
  TestServer server;
  const struct {
    const char* what;
    const char* request;
    int status;
  } rows[] = {
      {"1.0", "POST /echo HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx", 200},
      {"no body", "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", 200},
      {"length 0", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n", 200},
      {"413", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", 413},
      {"417", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Client client(server);
    CHECK(client.exchange(row.request).status == row.status);
  }
}

struct ErrorRow {
  const char* request;
  int status;
  const char* text;
};

TEST_CASE("a refused request is answered with a text that names the fault, then closed") {
  const ErrorRow rows[] = {
      {"GARBAGE\r\n\r\n", 400, "request line"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "Host"},
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "colon"},
      {"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400, "white space"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "LF"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400, "Content-Length"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "Transfer-Encoding"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "chunk"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413, "too large"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", 413, "too large"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417, "expectation"},
      {"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "not implemented"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "coding"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "version"},
      {"\x16\x03\x01\x02\x01", 400, "TLS"},
  };
  TestServer server;
  for (const ErrorRow& row : rows) {
    CAPTURE(row.request);
    Client client(server);
    const Reply reply = client.exchange(row.request);
    CHECK(reply.status == row.status);
    CHECK(reply.body.starts_with(std::to_string(row.status)));
    CHECK_MESSAGE(reply.body.find(row.text) != std::string::npos, reply.body);
    CHECK(reply.field("content-type").starts_with("text/plain"));
    CHECK(reply.field("connection") == "close");
    CHECK(client.receives_fin());
    client.close();
    const ConnectionRecord record = server.closed();
    CHECK(record.close_reason == CloseReason::protocol_error);
    CHECK(record.requests.back().status == row.status);
  }
}

TEST_CASE("limits hold at their value and refuse one more") {
  Options options;
  options.limits = {.target_bytes = 100, .header_bytes = 1000, .header_count = 10, .body_bytes = 500};
  TestServer server(options);
  const std::string line = "GET / HTTP/1.1\r\nHost: h\r\n";
  const auto padded = [&](std::size_t head) {  // a head of that many bytes
    const std::string start = line + "X: ";
    return start + std::string(head - start.size() - 4, 'x') + "\r\n\r\n";
  };
  const auto counted = [&](std::size_t fields) {
    std::string text = line;
    for (std::size_t i = 1; i < fields; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  const auto target = [](std::size_t size) { return get("/path/" + std::string(size - 6, 'x')); };
  const struct {
    const char* what;
    std::string request;
    int status;
  } rows[] = {
      {"target", target(100), 200},
      {"target + 1", target(101), 414},
      {"header bytes", padded(1000), 200},
      {"header bytes + 1", padded(1001), 431},
      {"header count", counted(10), 200},
      {"header count + 1", counted(11), 431},
      {"body", post("/echo", std::string(500, 'x')), 200},
      {"body + 1", post("/echo", std::string(501, 'x')), 413},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Client client(server);
    CHECK(client.exchange(row.request).status == row.status);
  }
}

TEST_CASE("no route is 404, and the connection goes on") {
  TestServer server;
  Client client(server);
  CHECK(client.exchange(get("/nothing")).status == 404);
  CHECK(client.exchange(get("/")).status == 200);
}

TEST_CASE("the request as the handler sees it") {
  TestServer server;
  server.handle("/see/*", [&](const Request& request) {
    std::string text = std::string(request.method) + ' ' + std::string(request.target) + ' ' +
                       std::string(request.path) + ' ' + std::string(request.query) + ' ' +
                       std::to_string(request.connection_id) + ' ' + std::to_string(request.request_number) + ' ' +
                       to_string(request.client) + ' ' + std::string(request.field("x-y").value_or("-"));
    return Response{.body = std::move(text)};
  });
  Client(server).exchange(get("/"));
  Client client(server);
  client.exchange(get("/"));
  const Reply reply = client.exchange(get("/see/this?a=b", "X-Y: z\r\n"));
  CHECK(reply.body == "GET /see/this?a=b /see/this a=b 2 2 " + to_string(client.local()) + " z");
}

}  // namespace
}  // namespace closelab::loopback
