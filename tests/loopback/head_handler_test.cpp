// What is answered from a request's head, and what is sent before an answer; every byte that the client gets is
// compared.

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <regex>
#include <stdexcept>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

Options brisk() {
  Options options;
  options.lingering.time = 200ms;
  options.limits.body_bytes = 100;
  options.keep_alive.timeout.kind = Advertised<std::chrono::milliseconds>::Kind::off;
  return options;
}

std::string undated(const std::string& bytes) { return std::regex_replace(bytes, std::regex("Date: [^\r]*\r\n"), ""); }

/// Who has a token may upload.
std::optional<Response> authorize(const Request& request) {
  if (request.field("Authorization")) return std::nullopt;
  return Response{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"test\""}}};
}

struct UploadServer : TestServer {
  explicit UploadServer(Options options = brisk()) : TestServer(std::move(options)) {
    handle(
        "/upload", [](const Request& request) { return Response{.body = std::string(request.body)}; }, authorize);
    handle(
        "/throws", [](const Request&) { return Response{}; },
        [](const Request&) -> std::optional<Response> { throw std::runtime_error("no"); });
    handle(
        "/slow", [](const Request&) { return Response{}; },
        [](const Request&) { return std::optional(Response{.status = 403, .delay = 30ms}); });
  }
};

constexpr std::string_view expects = "Expect: 100-continue\r\n";
const std::string refused =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n";
const std::string body_of_4 = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
const std::string proceed = "HTTP/1.1 100 Continue\r\n\r\n";

/// The request's head alone.
std::string head_of(const std::string& request) { return request.substr(0, request.find("\r\n\r\n") + 4); }

TEST_CASE("a handler that is asked with the head answers before the body") {
  const std::string upload = post("/upload", "body");
  const std::string authorized = post("/upload", "body", "Authorization: x\r\n");
  const std::string too_long = post("/upload", std::string(101, 'b'));
  struct Case {
    const char* name;
    std::string request;
    std::string received;
    CloseReason reason;
  };
  const Case cases[] = {
      {"it waits for a 100, and gets none", head_of(post("/upload", "body", expects)),
       refused + "Connection: close\r\n\r\n", CloseReason::body_unread},
      {"nothing is served there", head_of(post("/none", "body", expects)),
       "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 46\r\nConnection: "
       "close\r\n\r\n404 Not Found: nothing is served at this path\n",
       CloseReason::body_unread},
      {"the limit would refuse it, too", head_of(too_long), refused + "Connection: close\r\n\r\n",
       CloseReason::body_unread},
      {"it throws", head_of(post("/throws", "body")),
       "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 49\r\n"
       "Connection: close\r\n\r\n500 Internal Server Error: the handler threw: no\n",
       CloseReason::handler_error},
      {"what comes of the body is dropped, and the next request is answered",
       upload + get("/", "Connection: close\r\n"),
       refused + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       CloseReason::request_close},
      {"it lets a request pass", authorized + get("/close"),
       body_of_4 + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbye", CloseReason::response_close},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    UploadServer server;
    Client client(server);
    client.send(c.request);
    CHECK(undated(client.receive_to_end().bytes) == c.received);
    client.close();
    const ConnectionRecord record = server.closed();
    INFO(record);
    CHECK(record.close_reason == c.reason);
    CHECK(record.retry == Retry::not_needed);
  }
}

TEST_CASE("an early answer may be delayed") {
  UploadServer server;
  Client client(server);
  const auto before = std::chrono::steady_clock::now();
  client.send(head_of(post("/slow", "body")));
  CHECK(client.receive_reply().status == 403);
  CHECK(std::chrono::steady_clock::now() - before >= 30ms);
}

TEST_CASE("the record tells when a body that was answered early came, and what the request said") {
  Options options = brisk();
  options.fields_kept = 1024;
  UploadServer server(options);
  Client client(server);
  const std::string request = post("/upload", "body", "X-Test: a\r\nX-Test: b\r\n");
  client.send(head_of(request));
  CHECK(client.receive_reply().status == 401);
  CHECK(server.connection(1)->requests.at(0).body_received_at == 0ns);
  client.send("body");
  REQUIRE(server.wait_idle(1, patience));
  const RequestRecord record = server.connection(1)->requests.at(0);
  CHECK(record.body_received_at > record.answered_at);
  CHECK(record.request_body_bytes == 4);
  const auto fields = record.field_views();
  REQUIRE(fields.size() == 4);
  CHECK(fields[2].name == "X-Test");
  CHECK(fields[3].value == "b");
  CHECK(record.fields_left_out == 0);
}

TEST_CASE("the record tells of the 100, of when the body came, and keeps as many field lines as it may") {
  Options options = brisk();
  options.fields_kept = 30;
  UploadServer server(options);
  Client client(server);
  client.send(head_of(post("/echo", "body", expects)));
  CHECK(client.receive_until(proceed) == proceed);
  client.send("body");
  CHECK(undated(client.receive_until("body")) == body_of_4);
  REQUIRE(server.wait_idle(1, patience));
  const RequestRecord record = server.connection(1)->requests.at(0);
  CHECK(record.received_at <= record.continued_at);
  CHECK(record.continued_at < record.body_received_at);
  CHECK(record.body_received_at < record.answered_at);
  REQUIRE(record.fields);
  CHECK(record.fields->size() <= 30);
  CHECK(record.fields->starts_with("Host: "));
  CHECK(record.fields_left_out == 2);
}

TEST_CASE("a rule at request_headers acts though the body is over the limit") {
  const std::string too_long = head_of(post("/echo", std::string(101, 'b')));
  Options options = brisk();
  options.rules = {at(At::request_headers).answer({.status = 403, .read_body = Switch::off}).on_connection(1),
                   at(At::request_headers).close(CloseMode::abortive).on_connection(2)};
  TestServer server(options);
  Client first(server);
  first.send(too_long);
  CHECK(undated(first.receive_to_end().bytes) ==
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  Client second(server);
  second.send(too_long);
  CHECK(second.receive_to_end().error == ECONNRESET);
  Client third(server);
  third.send(too_long);
  CHECK(third.receive_to_end().bytes.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("interim responses of a handler come before its answer") {
  TestServer server(brisk());
  server.handle_async("/hints", [](Responder responder) {
    CHECK(responder.send_interim(103, {{"Link", "</a.css>"}}));
    CHECK(responder.send_interim(102));
    CHECK_THROWS_AS(responder.send_interim(101), std::invalid_argument);
    CHECK_THROWS_AS(responder.send_interim(200), std::invalid_argument);
    CHECK_THROWS_AS(responder.send_interim(103, {{"a", "b\r\nc: d"}}), std::invalid_argument);
    CHECK(responder.send({.body = "hello"}));
    CHECK_FALSE(responder.send_interim(102));
  });
  Client client(server);
  client.send(get("/hints", "Connection: close\r\n"));
  const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  CHECK(undated(client.receive_to_end().bytes) ==
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + hello);
  Client old(server);
  old.send(get_1_0("/hints"));
  CHECK(undated(old.receive_to_end().bytes) == hello);
}

TEST_CASE("a handler's Connection options join ours") {
  TestServer server(brisk());
  server.handle("/upgrade", [](const Request&) {
    return Response{.status = 426,
                    .headers = {{"Upgrade", "h2c"}, {"Connection", "upgrade, x-hop"}, {"Connection", "Keep-Alive"}}};
  });
  Client client(server);
  CHECK(client.exchange(get("/upgrade")).field("connection") == "upgrade, x-hop");
  CHECK(client.exchange(get("/upgrade", "Connection: close\r\n")).field("connection") == "close, upgrade, x-hop");
}

TEST_CASE("a client on this machine is known by its process, and by its keepalive timer") {
  Options options = brisk();
  options.local_clients = Switch::on;
  TestServer server(options);
  Client plain(server);
  Client probing(server);
  const int on = 1;
  REQUIRE(::setsockopt(probing.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
  plain.exchange(get("/"));
  probing.exchange(get("/"));
  for (const std::uint64_t id : {1U, 2U}) {
    CAPTURE(id);
    REQUIRE(server.wait_idle(id, patience));
    const auto client = server.connection(id)->local_client;
    REQUIRE(client);
    CHECK(client->uid == ::geteuid());
    REQUIRE(client->processes.size() == 1);
    CHECK(client->processes.front().pid == ::getpid());
    CHECK(client->keepalive.has_value() == (id == 2));
  }
}

}  // namespace
}  // namespace closelab::loopback
