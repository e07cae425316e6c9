// The admin port of a running program, as a test in another language uses it.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "tests/support/program.h"
#include "tests/support/skip.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Answer {
  int status = 0;
  std::string body;

  json parsed() const { return json::parse(body); }
};

/// Runs curl on a path of the admin port.
Answer ask(const Lab& lab, const std::string& path, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.end(), {"-w", "%{http_code}", lab.admin_url(path)});
  const Finished finished = curl(arguments);
  CAPTURE(finished.err);
  REQUIRE(finished.exit_code == 0);
  const std::size_t body = finished.out.size() - 3;
  return {std::stoi(finished.out.substr(body)), finished.out.substr(0, body)};
}

json get(const Lab& lab, const std::string& path) {
  const Answer answer = ask(lab, path);
  CAPTURE(path);
  CAPTURE(answer.body);
  CHECK(answer.status == 200);
  return answer.parsed();
}

Answer send(const Lab& lab, const std::string& method, const std::string& path, const std::string& body = "{}") {
  return ask(lab, path, {"-X", method, "-H", "Content-Type: application/json", "-d", body});
}

std::string error_of(const Answer& answer) { return answer.parsed()["error"]["text"]; }

/// A client that has had an answer and keeps its connection.
class IdleClient : public RawClient {
 public:
  explicit IdleClient(const Lab& lab) : RawClient(lab.port()) { request(); }
  void request() const {
    send("GET /status/200 HTTP/1.1\r\nHost: lab\r\n\r\n");
    read_until("200 OK\n");
  }
};

/// curl that reads events, from where everything is told.
class Events : public Program {
 public:
  explicit Events(const Lab& lab, const std::string& query = "")
      : Program({"curl", "-q", "-sSN", "--noproxy", "*", lab.admin_url("/events" + query)}) {
    while (!contains(line(), "closelab tells")) {
    }
    line();
  }
  /// The next event: its name and its data.
  std::pair<std::string, json> next() {
    std::map<std::string, std::string> fields;
    for (std::string text = line(); !text.empty(); text = line())
      fields[text.substr(0, text.find(':'))] = text.substr(text.find(':') + 2);
    return {fields["event"], json::parse(fields["data"])};
  }
};

TEST_CASE("the admin port is where it is wanted, and the first line says where") {
  const Lab automatic;
  CHECK(automatic.admin_url().starts_with("http://127.0.0.1:"));
  CHECK(contains(ask(automatic, "/").body, "GET    /connections/ID"));

  const Lab off({"--admin-port=off"});
  CHECK(off.admin_url() == "");
  if (closelab::test::has_ipv6()) {
    const Lab elsewhere({"--admin-port=0", "--admin-address=::1"});
    CHECK(elsewhere.admin_url().starts_with("http://[::1]:"));
    CHECK(ask(elsewhere, "/").status == 200);
  }

  const Finished taken = closelab({"serve", "--port=0", "--admin-port=" + std::to_string(automatic.port())});
  CHECK(taken.exit_code == 1);
  CHECK(contains(taken.err, std::to_string(automatic.port())));
}

TEST_CASE("records, requests and counts tell of the lab's connections and of no other") {
  const Lab lab;
  const IdleClient first(lab);
  first.request();
  const IdleClient second(lab);
  get(lab, "/connections/2?wait=idle");

  const json all = get(lab, "/connections");
  CHECK(all["schema_version"] == 1);
  CHECK(all["counts"]["accepted"] == 2);
  CHECK(all["counts"]["reused"] == 1);
  REQUIRE(all["connections"].size() == 2);
  CHECK(all["connections"][0]["requests"].size() == 2);
  CHECK(get(lab, "/connections?after=1")["connections"][0]["id"] == 2);
  const json newest = get(lab, "/connections?limit=1");
  CHECK(newest["connections"][0]["id"] == 2);
  CHECK(newest["left_out"] == 1);
  CHECK(get(lab, "/connections?phase=closing,settled")["connections"].empty());
  CHECK(get(lab, "/connections?phase=idle")["connections"].size() == 2);

  CHECK(get(lab, "/requests")["requests"].size() == 3);
  const json requests = get(lab, "/requests?connection=1")["requests"];
  REQUIRE(requests.size() == 2);
  CHECK(requests[1]["connection_id"] == 1);
  CHECK(requests[1]["number"] == 2);
  CHECK(get(lab, "/connections/1")["requests"] == requests);

  CHECK(ask(lab, "/connections/3").status == 404);
  CHECK(ask(lab, "/connections?phase=open").status == 400);
  CHECK(ask(lab, "/connections?limit=many").status == 400);
  CHECK(ask(lab, "/connections?wait=gone").status == 400);
  CHECK(ask(lab, "/connections?wait=idle&timeout=3").status == 400);
}

TEST_CASE("a barrier answers with the connection when it has happened") {
  const Lab lab;
  CHECK(curl({"-H", "Connection: close", lab.url()}).exit_code == 0);
  const json closed = get(lab, "/connections?wait=closed");
  CHECK(closed["id"] == 1);
  CHECK(closed["verdict"]["closed_first"] == "server");

  const IdleClient client(lab);
  CHECK(get(lab, "/connections?wait=accepted&after=1")["id"] == 2);
  CHECK(get(lab, "/connections?wait=idle&after=1")["id"] == 2);
  client.request();
  CHECK(get(lab, "/connections/2?wait=idle&requests=2")["request_count"] == 2);

  const Answer late = ask(lab, "/connections?wait=closed&after=1&timeout=10ms");
  CHECK(late.status == 504);
  CHECK(error_of(late) == "waited 10ms in vain for a connection after 1 to be closed");
  CHECK(late.parsed()["error"]["open_connections"] ==
        json{{{"id", 2}, {"phase", "idle"}, {"request_count", 2}, {"fin_sent_by", "nobody"}}});
  const Answer gone = ask(lab, "/connections/1?wait=idle");
  CHECK(gone.status == 409);
  CHECK(error_of(gone) == "waited for connection 1 to be idle; it is settled after 1 requests");
  CHECK(ask(lab, "/connections/9?wait=accepted&timeout=10ms").status == 504);
}

TEST_CASE("a record that has been dropped is not one that never was") {
  const Lab lab({"--records-kept=1"});
  for (int i = 0; i < 2; ++i) CHECK(curl({lab.url()}).exit_code == 0);
  get(lab, "/connections/2?wait=closed");
  CHECK(error_of(ask(lab, "/connections/1")) ==
        "the record of connection 1 has been dropped: the setting records_kept is 1");
  CHECK(error_of(ask(lab, "/connections/1?wait=closed")).starts_with("the record of connection 1 has been dropped"));
}

TEST_CASE("events tell what happens, each type to those who want it") {
  Lab lab;
  Events all(lab);
  Events endings(lab, "?types=settled&limit=1");
  CHECK(curl({"-H", "Connection: close", lab.url()}).exit_code == 0);

  std::vector<std::string> names;
  json data;
  while (names.empty() || names.back() != "settled") {
    const auto [name, event] = all.next();
    names.push_back(name);
    data = event;
    if (name == "request") CHECK(data["request"]["status"] == 200);
  }
  CHECK(names == std::vector<std::string>{"accepted", "request", "closing", "settled"});
  CHECK(data["connection"]["id"] == 1);

  const auto [name, settled] = endings.next();
  CHECK(name == "settled");
  CHECK(settled["connection"]["verdict"] != nullptr);
  CHECK(endings.finished().exit_code == 0);
  CHECK(ask(lab, "/events?types=dropped").status == 400);
  CHECK(ask(lab, "/events", {"--head"}).status == 200);
}

TEST_CASE("readers who vanish make room for others") {
  const Lab lab;
  // More than may read at once.
  for (int i = 0; i < 40; ++i) {
    const Events events(lab, "?types=idle");
    const IdleClient client(lab);
  }
}

TEST_CASE("a reader who is slow loses events and is told so, and the lab goes on") {
  const Lab lab;
  const RawClient slow(static_cast<std::uint16_t>(std::stoi(lab.admin_url().substr(lab.admin_url().rfind(':') + 1))));
  slow.send("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  slow.read_until("closelab tells");
  const RawClient client(lab.port());
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += "GET /status/204 HTTP/1.1\r\nHost: lab\r\n\r\n";
  // More than the kernel's buffers of a connection take.
  for (int i = 0; i < 300; ++i) {
    client.send(burst + "GET /status/200 HTTP/1.1\r\nHost: lab\r\n\r\n");
    client.read_until("200 OK\n");
  }
  slow.read_until("event: dropped\ndata: {\"events\":");
}

TEST_CASE("rules are put, read, added and removed while the server runs, and act") {
  const Lab lab;
  const Answer put = send(lab, "PUT", "/rules", R"([{"at":"response_body:100","close":"abortive","times":1}])");
  CAPTURE(put.body);
  REQUIRE(put.status == 200);
  CHECK(put.parsed()["unused"] == json{1});

  const Finished cut = curl({lab.url("/bytes/1000")});
  CHECK(cut.exit_code == 56);
  CHECK(cut.out.size() == 100);
  CHECK(curl({lab.url("/bytes/1000")}).out.size() == 1000);
  const json fired = get(lab, "/connections/1?wait=closed")["rules_fired"];
  REQUIRE(fired.size() == 1);
  CHECK(fired[0]["rule_id"] == 1);
  CHECK(fired[0]["request_number"] == 1);

  const json rules = get(lab, "/rules");
  CHECK(rules["unused"].empty());
  CHECK(rules["rules"][0]["fired"] == 1);
  CHECK(rules["rules"][0]["rule"] == json{{"at", "response_body:100"}, {"close", "abortive"}, {"times", 1}});

  const Answer added = send(lab, "POST", "/rules", R"({"close":"immediate"})");
  CHECK(added.status == 201);
  const std::string id = std::to_string(added.parsed()["id"].get<int>());
  CHECK(ask(lab, "/rules/" + id, {"-X", "DELETE"}).parsed()["rules"].size() == 1);
  CHECK(ask(lab, "/rules/" + id, {"-X", "DELETE"}).status == 404);
  CHECK(ask(lab, "/rules", {"-X", "DELETE"}).parsed()["rules"].empty());
}

TEST_CASE("rules that can't be understood change nothing") {
  const Lab lab;
  CHECK(send(lab, "PUT", "/rules", R"([{"close":"abortive"}])").status == 200);
  const json before = get(lab, "/rules")["rules"];
  struct Case {
    const char* body;
    const char* error;
  };
  const Case cases[] = {
      {"", "the body is not JSON: at byte 1:"},
      {"[{\"close\"}]", "the body is not JSON: at byte 10:"},
      {"{\"close\":\"abortive\"}", "the body has to be an array"},
      {R"([{"close":"abortive"},{"close":"gentle"}])", "rule 2 of the array: close: "},
      {R"([{"close":"abortive"},{"clsoe":"abortive"}])", "rule 2 of the array: "},
      {R"([{"close":"abortive"},{"close":"abortive","at":"accept","request":1}])", "rule 2 of the array: "},
  };
  for (const Case& c : cases) {
    const Answer answer = send(lab, "PUT", "/rules", c.body);
    CAPTURE(c.body);
    CAPTURE(answer.body);
    CHECK(answer.status == 400);
    CHECK(contains(error_of(answer), c.error));
  }
  CHECK(get(lab, "/rules")["rules"] == before);
}

TEST_CASE("connections are closed on command") {
  const Lab lab;
  const IdleClient reset(lab);
  const IdleClient first(lab);
  const IdleClient second(lab);
  const Answer closed = send(lab, "POST", "/connections/1/close?mode=abortive");
  CHECK(closed.status == 200);
  CHECK(closed.parsed()["close_mode"] == "abortive");
  const json record = get(lab, "/connections/1?wait=closed");
  CHECK(record["close_reason"] == "command");
  CHECK(record["verdict"]["closed_by"] == "rst");
  CHECK(send(lab, "POST", "/connections/1/close").status == 409);
  CHECK(send(lab, "POST", "/connections/7/close").status == 404);
  CHECK(send(lab, "POST", "/connections/2/close?mode=gentle").status == 400);
  CHECK(send(lab, "POST", "/close-idle", "[]").status == 400);

  get(lab, "/connections/2?wait=idle");
  get(lab, "/connections/3?wait=idle");
  CHECK(send(lab, "POST", "/close-idle").parsed()["closed"] == 2);
  first.read_to_end();
  second.read_to_end();
}

TEST_CASE("a connection that is held is not closed by our side before it is released") {
  const Lab lab;
  for (const std::string& path : {std::string("/connections/1"), std::string()}) {
    CAPTURE(path);
    const IdleClient client(lab);
    const std::string id = path.empty() ? "2" : "1";
    CHECK(send(lab, "POST", path + "/hold").parsed()["hold_close"] == true);
    client.send("GET /close/immediate HTTP/1.1\r\nHost: lab\r\n\r\n");
    client.read_until("FIN and close at once");
    CHECK(ask(lab, "/connections/" + id + "?wait=closed&timeout=50ms").status == 504);
    CHECK(send(lab, "POST", path + "/release").parsed()["hold_close"] == false);
    client.read_to_end();
    CHECK(get(lab, "/connections/" + id)["close_mode"] == "immediate");
  }
  CHECK(send(lab, "POST", "/connections/9/hold").status == 404);
}

TEST_CASE("states, settings and metrics") {
  const Lab lab({"--close-mode=immediate", "--idle-timeout=7s"});
  const IdleClient client(lab);
  const json states = get(lab, "/states");
  CHECK(states["server"]["LISTEN"] == 1);
  CHECK(states["server"]["ESTABLISHED"] == 1);
  CHECK(states["client"]["ESTABLISHED"] == 1);
  CHECK(curl({lab.url()}).exit_code == 0);
  get(lab, "/connections/2?wait=closed");
  // Another server may have left some on this port.
  const json time_wait = get(lab, "/states")["time_wait"];
  CHECK(std::ranges::any_of(time_wait, [](const json& socket) {
    return socket["side"] == "client" && socket["time_wait_remaining_ms"] > 50'000;
  }));

  const json conf = get(lab, "/conf");
  CHECK(conf["settings"]["idle_timeout"] == "7s");
  CHECK(conf["settings"]["close_mode"] == "immediate");
  CHECK(conf["settings"]["reuse_address"] == true);
  CHECK(conf["settings"]["port"] == 0);
  CHECK(conf["url"] == lab.url());
  CHECK(conf["socket_options"]["SO_REUSEADDR"] == "1");

  const Answer metrics = ask(lab, "/metrics", {"-i"});
  CHECK(contains(metrics.body, "Content-Type: application/openmetrics-text; version=1.0.0"));
  CHECK(contains(metrics.body, "\ncloselab_connections{phase=\"idle\"} 1\n"));
  CHECK(contains(metrics.body, "\ncloselab_requests_total{status=\"2xx\"} 2\n"));
  CHECK(metrics.body.ends_with("# EOF\n"));
}

TEST_CASE("what another site's page could send is refused") {
  const Lab lab;
  struct Case {
    std::vector<std::string> arguments;
    int status;
  };
  const std::string json_type = "Content-Type: application/json";
  const Case cases[] = {
      {{"-H", "Host: rebind.example"}, 421},
      {{"-H", "Host: localhost"}, 200},
      {{"-H", "Origin: http://evil.example"}, 403},
      {{"-H", "Origin: null"}, 403},
      {{"-H", "Sec-Fetch-Site: cross-site"}, 403},
      {{"-H", "Sec-Fetch-Site: none"}, 200},
      {{"-X", "POST"}, 415},
      {{"-d", "close=abortive"}, 415},
      {{"-X", "POST", "-H", "Content-Type: text/plain"}, 415},
      {{"-X", "POST", "-H", json_type, "-H", "Origin: http://evil.example"}, 403},
      {{"-X", "PUT", "-H", json_type, "-d", "[]"}, 200},
      {{"-X", "OPTIONS", "-H", "Origin: http://evil.example", "-H", "Access-Control-Request-Method: PUT"}, 403},
      {{"-X", "OPTIONS"}, 405},
      {{"-X", "PATCH"}, 405},
  };
  for (Case c : cases) {
    CAPTURE(c.arguments.back());
    c.arguments.push_back("-i");
    const Answer answer = ask(lab, "/rules", c.arguments);
    CHECK(answer.status == c.status);
    CHECK(contains(answer.body, "X-Content-Type-Options: nosniff\r\n"));
    CHECK(contains(answer.body, "Cache-Control: no-store\r\n"));
    CHECK_FALSE(contains(answer.body, "Access-Control"));
    CHECK(contains(answer.body, "\r\nAllow: GET, HEAD, PUT, POST, DELETE\r\n") == (c.status == 405));
  }
  const Answer escaped = ask(lab, "/connections?phase=%3Cscript%3E%0a%22%ff");
  CHECK(escaped.status == 400);
  CHECK(contains(error_of(escaped), "\"<script>"));
}

TEST_CASE("stopping answers those who wait, ends the events, and takes no longer") {
  Lab lab;
  Events events(lab);
  Program waiting({"curl", "-q", "-sS", lab.admin_url("/connections?wait=closed&timeout=10m")});
  const Answer held_open = ask(lab, "/connections?wait=accepted&timeout=1ms");
  CHECK(held_open.status == 504);
  lab.program().signal(SIGTERM);
  const json stopped = lab.event("stopped");
  CHECK(stopped["accepted"] == 0);
  CHECK(lab.program().finished().exit_code == 0);
  CHECK(events.finished().exit_code == 0);
  const std::string answer = waiting.rest();
  // It may have come too late.
  if (!answer.empty()) CHECK(json::parse(answer)["error"]["status"] == 503);
}

}  // namespace
}  // namespace closelab::cli
