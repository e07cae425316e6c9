// Rules from a conf file, from --rule and from a query: what curl gets, and what the log says.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// curl's exit codes.
constexpr int partial_transfer = 18;
constexpr int receive_error = 56;

TEST_CASE("conf/rules.toml") {
  Lab lab({"--conf=" CLOSELAB_SOURCE_DIR "/conf/rules.toml"});

  const Finished reset = curl({lab.url("/bytes/1000")});
  CHECK(reset.exit_code == receive_error);
  CHECK(reset.out.size() == 100);
  const json first = lab.settled();
  CHECK(first["close_reason"] == "rule");
  CHECK(first["rules_fired"].back()["text"] == "close abortive at response_body:100");
  CHECK(first["verdict"]["closed_first"] == "server");
  CHECK(first["verdict"]["closed_by"] == "rst");

  CHECK(curl({lab.url("/echo"), lab.url("/echo")}).exit_code == 0);
  const json stale = lab.settled();
  CHECK(stale["id"] == 2);
  CHECK(stale["close_reason"] == "rule");
  CHECK(stale["retry"] == "safe");
  CHECK(lab.settled()["request_count"] == 1);

  const Finished slow = curl({"-w", "\n%{time_total}", lab.url("/bytes/200")});
  CHECK(slow.out.find('\n', 199) == 200);
  CHECK(std::stod(slow.out.substr(201)) >= 0.2);

  const Finished cut = curl({lab.url("/chunked/1000")});
  CHECK(cut.exit_code == partial_transfer);
  CHECK(cut.out.size() == 500);

  lab.program().signal(SIGINT);
  const json unused = lab.event("stopped")["unused_rules"];
  REQUIRE(unused.size() == 1);
  CHECK(unused[0]["id"] == 5);
}

TEST_CASE("a query provokes any ending of its request") {
  Lab lab;
  for (int i = 0; i < 200; ++i) {
    const Finished reset = curl({lab.url("/bytes/1000?close=abortive&at=response_body:100")});
    CHECK(reset.exit_code == receive_error);
    CHECK(reset.out.size() == 100);
    CHECK(lab.settled()["rules_fired"][0]["rule_id"] == nullptr);
  }
  CHECK(curl({"-m", "0.3", lab.url("/status/404?stall")}).exit_code == 28);
  CHECK(lab.settled()["rules_fired"][0]["text"] == "stall at before_response");
  // curl might close first: it has all it wants before the rule's turn comes.
  const RawClient client(lab.port());
  client.send("GET /?close=immediate HTTP/1.1\r\nHost: lab\r\n\r\n");
  CHECK(contains(client.read_to_end(), "\r\nConnection: close\r\n"));
  CHECK(lab.event("closing")["close_reason"] == "rule");
}

TEST_CASE("a query sets what holds for its connection and its response") {
  Lab lab({"--idle-timeout=off", "--keep-alive-max=5"});
  const RawClient client(lab.port());
  client.send("GET /?idle_timeout=100ms&keep_alive_timeout=+5s HTTP/1.1\r\nHost: lab\r\n\r\n");
  const std::string answer = client.read_to_end();
  CHECK(contains(answer, "\r\nKeep-Alive: timeout=5, max=5\r\n"));
  CHECK(contains(answer, "for your next request, for 100ms.\n"));
  CHECK(lab.event("closing")["close_reason"] == "idle_timeout");
}

TEST_CASE("a query that can't be understood is answered 400, with what is allowed") {
  Lab lab;
  for (const char* route : {"/", "/bytes/1", "/chunked/1", "/status/200", "/delay/0s", "/close/half"}) {
    CAPTURE(route);
    const Finished typo = curl({"-i", lab.url(route + std::string("?clse=abortive"))});
    CHECK(contains(typo.out, "HTTP/1.1 400 "));
    CHECK(contains(typo.out, "unknown query option \"clse\"; did you mean \"close\"?\n"));
    CHECK(contains(typo.out, "probability, idle_timeout, keep_alive_timeout, keep_alive_max, tag.\n"));
  }
}

TEST_CASE("the log gives the seed that lets a run with probabilities be repeated") {
  const auto outcome = [](const std::vector<std::string>& flags) {
    Lab lab(flags);
    std::string text;
    for (int i = 0; i < 16; ++i) text += curl({lab.url()}).exit_code == 0 ? '-' : 'x';
    return text;
  };
  const std::string rule = "--rule=at=before_response,close=abortive,probability=0.5";
  const std::string run = outcome({rule, "--rule-seed=7"});
  CHECK(contains(run, "x"));
  CHECK(contains(run, "-"));
  CHECK(outcome({rule, "--rule-seed=7"}) == run);
  CHECK(outcome({rule, "--rule-seed=8"}) != run);

  Program program({CLOSELAB_PROGRAM, "serve", "--port=0", "--log-format=json", rule, "--rule-seed=7"});
  CHECK(json::parse(program.line())["rule_seed"] == 7);
}

}  // namespace
}  // namespace closelab::cli
