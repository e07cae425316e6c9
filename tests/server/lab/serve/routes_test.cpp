#include "server/lab/serve/routes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "server/lab/serve/root_page.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

Request request(std::string_view path) {
  Request request;
  request.method = "GET";
  request.target = path;
  request.path = path;
  return request;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The whole body, in pieces of at most `max`.
std::string drained(const Response& response, std::size_t max) {
  std::string body;
  for (std::string piece; response.body_source(piece, max), !piece.empty(); piece.clear()) {
    CHECK(piece.size() <= max);
    body += piece;
  }
  return body;
}

TEST_CASE("/bytes/N gives N bytes and says so beforehand") {
  for (const auto& [path, length] :
       {std::pair{"/bytes/0", 0U}, {"/bytes/1", 1U}, {"/bytes/1000", 1000U}, {"/bytes/64KiB", 65536U}}) {
    CAPTURE(path);
    const Response response = bytes(request(path));
    CHECK(response.content_length == length);
    CHECK(drained(response, 97).size() == length);
  }
  CHECK(drained(bytes(request("/bytes/1000")), 7) == drained(bytes(request("/bytes/1000")), 4096));
}

TEST_CASE("/chunked/N gives N bytes and does not say so beforehand") {
  const Response response = chunked(request("/chunked/300"));
  CHECK_FALSE(response.content_length.has_value());
  CHECK(drained(response, 128).size() == 300);
}

TEST_CASE("bad arguments are 400 with what is wrong") {
  struct Case {
    Response (*route)(const Request&);
    const char* path;
    const char* text;
  };
  const Case cases[] = {
      {bytes, "/bytes/", "nothing is given"},
      {bytes, "/bytes/many", "\"many\" is not a number; try /bytes/64KiB"},
      {chunked, "/chunked/-1", "negative"},
      {bytes, "/bytes/1/2", "unknown unit \"/2\""},
      {status, "/status/199", "199 is not a final status"},
      {status, "/status/600", "600 is not a final status"},
      {status, "/status/abc", "try /status/404"},
      {delay, "/delay/5", "write 5s for seconds"},
      {delay, "/delay/61s", "the longest delay is 60s"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.path);
    const Response response = c.route(request(c.path));
    CHECK(response.status == 400);
    CHECK(contains(response.body, c.text));
  }
}

TEST_CASE("/status/CODE answers with it") {
  CHECK(status(request("/status/404")).status == 404);
  CHECK(status(request("/status/404")).body == "404 Not Found\n");
  for (const char* path : {"/status/204", "/status/205", "/status/304"}) CHECK(status(request(path)).body.empty());
}

TEST_CASE("/delay/DURATION holds the response back") {
  CHECK(delay(request("/delay/200ms")).delay == 200ms);
  CHECK(delay(request("/delay/60s")).delay == 60s);
}

TEST_CASE("/close/MODE ends the connection in that mode") {
  std::set<std::string> texts;
  for (const std::string mode : {"lingering", "immediate", "abortive", "delayed", "half", "deferred", "never"}) {
    const Response response = close(request("/close/" + mode));
    CHECK(response.close_mode == parse_close_mode(mode));
    texts.insert(response.body);
  }
  CHECK(texts.size() == 7);
  const Response unknown = close(request("/close/gently"));
  CHECK(unknown.status == 404);
  CHECK(contains(unknown.body, "lingering, immediate, abortive"));
}

TEST_CASE("/echo gives back the body, or the head when there is none") {
  Request with_body = request("/echo");
  with_body.body = std::string_view("a\0b", 3);
  CHECK(echo(with_body).body == std::string("a\0b", 3));
  Request without = request("/echo?x=1");
  without.fields = {{"Host", "lab"}, {"Accept", "*/*"}};
  CHECK(echo(without).body == "GET /echo?x=1 HTTP/1.1\nHost: lab\nAccept: */*\n");
}

TEST_CASE("an unknown route lists the routes") {
  const Response response = not_found(request("/nothing\x1b"));
  CHECK(response.status == 404);
  CHECK(contains(response.body, "nothing at /nothing\\x1b"));
  CHECK(contains(response.body, "/close/MODE"));
}

TEST_CASE("/ tells what will happen, who holds TIME_WAIT, and what to try next") {
  Request r = request("/");
  r.connection_id = 7;
  r.request_number = 1;
  r.client = {.family = AddressFamily::ipv4, .port = 53122, .address = {127, 0, 0, 1}};
  const Endpoint server{.family = AddressFamily::ipv4, .port = 8081, .address = {127, 0, 0, 1}};

  std::string text = root_page(r, {}, server);
  CHECK(contains(text, "You are connection 7, from 127.0.0.1:53122, and this is its request 1."));
  CHECK(contains(text, "keeps the connection open for your next request, for 5s"));
  CHECK(contains(text, "ss -tan state time-wait '( sport = :8081 or dport = :8081 )'"));
  CHECK(contains(text, "curl -H 'Connection: close' http://127.0.0.1:8081/"));

  r.persistence = {Persistence::Decision::close, CloseReason::request_close};
  text = root_page(r, {}, server);
  CHECK(contains(text, describe(CloseReason::request_close)));
  CHECK(contains(text, "TIME_WAIT: the server"));

  CHECK(contains(root_page(r, {.close_mode = CloseMode::abortive}, server), "TIME_WAIT: nobody"));
  for (const char* mode : {"lingering", "immediate", "delayed", "half", "deferred", "never"}) {
    CAPTURE(mode);
    const std::string of_mode = root_page(r, {.close_mode = *parse_close_mode(mode)}, server);
    CHECK_FALSE(contains(of_mode, "TIME_WAIT: .\n"));
    CHECK_FALSE(contains(of_mode, "the server closes,"));
  }
  CHECK(std::count(text.begin(), text.end(), '\n') <= 8);
}

TEST_CASE("/ under a hold tells that only the client closes") {
  Request r = request("/");
  r.client = {.family = AddressFamily::ipv4, .port = 53122, .address = {127, 0, 0, 1}};
  std::string text = root_page(r, {}, {}, Switch::on);
  CHECK(contains(text, "keeps the connection open until it is released"));
  CHECK(contains(text, "TIME_WAIT: you, at 127.0.0.1:53122, when you close"));
  r.persistence = {Persistence::Decision::close, CloseReason::request_close};
  text = root_page(r, {}, {}, Switch::on);
  CHECK(contains(text, "the server would close, because the request said"));
  CHECK(contains(text, "is held"));
}

TEST_CASE("/ under a hold tells that a rule that closes is held as well") {
  Request r = request("/");
  r.query = "close=abortive";
  std::string text = root_page(r, {}, {}, Switch::on);
  CHECK(contains(text, "your rule would end the connection (close abortive at after_response), and is held"));
  CHECK(contains(text, "TIME_WAIT: nobody: you close, and an RST"));
  CHECK_FALSE(contains(text, "Unless your rule acts"));
  r.query = "delay=5ms";
  text = root_page(r, {}, {}, Switch::on);
  CHECK(contains(text, "Unless your rule acts: delay 5ms"));
  CHECK(contains(text, "TIME_WAIT: you"));
}

TEST_CASE("/ tells what the options of its query change") {
  Request r = request("/");
  r.query = "idle_timeout=200ms&close=abortive";
  const std::string text = root_page(r, {}, {});
  CHECK(contains(text, "keeps the connection open for your next request, for 200ms"));
  CHECK(contains(text, "Unless your rule acts: close abortive at after_response."));
  r.query = "idle_timeout=off";
  CHECK(contains(root_page(r, {}, {}), "for as long as you like"));
  CHECK_FALSE(contains(root_page(r, {}, {}), "your rule"));
}

}  // namespace
}  // namespace closelab::lab
