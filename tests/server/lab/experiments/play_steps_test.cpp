#include "server/lab/experiments/play_steps.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using testbed::Match;
using testbed::RelayRule;

Step only_step(std::string_view text) {
  const ParsedSteps parsed = parse_steps(text, 1);
  REQUIRE(parsed.errors.empty());
  REQUIRE(parsed.steps.size() == 1);
  return parsed.steps.front();
}

TEST_CASE("what each line means") {
  CHECK(only_step("pause 1500ms").time == std::chrono::milliseconds(1500));

  const Step connect = only_step("  client   connect to 9000 from 5000 reuse_address receive_buffer 4KiB  # a comment");
  CHECK(connect.text == "client   connect to 9000 from 5000 reuse_address receive_buffer 4KiB");
  CHECK(connect.actor == "client");
  CHECK(connect.verb == Verb::connect);
  CHECK(connect.number == 9000);
  CHECK(connect.choices.from == 5000);
  CHECK(connect.choices.reuse_address);
  CHECK_FALSE(connect.choices.reuse_port);
  CHECK(connect.choices.receive_buffer == 4096);

  CHECK(only_step("server hold_close").verb == Verb::hold_close);
  CHECK(only_step("server release").verb == Verb::release_close);
  CHECK(only_step("old listen 9000 reuse_port").choices.reuse_port);

  const Step drop = only_step("network drop next 3 ACK from client");
  CHECK(drop.rule.action == RelayRule::Action::drop);
  CHECK(drop.rule.count == 3);
  CHECK(drop.rule.match == Match::ack);
  CHECK(drop.rule.from == Side::client);
  CHECK(only_step("network copy all data from server").rule.count == 0);
  CHECK(only_step("network deliver kept").verb == Verb::deliver);
  const Step await = only_step("network await RST from server");
  CHECK(await.verb == Verb::await_packet);
  CHECK(await.rule.match == Match::rst);
  CHECK(await.rule.from == Side::server);
}

TEST_CASE("what a socket is told once it is there") {
  const auto second_step = [](const std::string& line) {
    const ParsedSteps parsed = parse_steps("client connect\nclient " + line, 1);
    REQUIRE(parsed.errors.empty());
    return parsed.steps.at(1);
  };
  const Step get = second_step("get /bytes/10 HTTP/1.0 with Connection: keep-alive; X: 1");
  CHECK(get.word == "/bytes/10");
  CHECK(get.http_1_0);
  CHECK(get.fields == "Connection: keep-alive\r\nX: 1\r\n");
  CHECK(second_step("post /echo 4KiB").number == 4096);
  CHECK(second_step("send 3 of o").word == "ooo");
  CHECK(second_step("send \"hello there\"").word == "hello there");
  CHECK(second_step("read response").verb == Verb::read_response);
  CHECK(second_step("read 5").verb == Verb::read_bytes);
  CHECK(second_step("linger 5s").verb == Verb::linger);
  CHECK(second_step("linger2 5s").verb == Verb::linger2);
  const Step await = second_step("await peer FIN_WAIT2");
  CHECK(await.of_peer);
  CHECK(await.word == "FIN_WAIT_2");
}

TEST_CASE("repeats, also in repeats") {
  const ParsedSteps parsed =
      parse_steps("client connect\nrepeat 3\n  repeat 2\n    client get /\n  end\nend\nclient close", 1);
  REQUIRE(parsed.errors.empty());
  REQUIRE(parsed.steps.size() == 3);
  CHECK(parsed.steps[1].number == 3);
  REQUIRE(parsed.steps[1].body.size() == 1);
  CHECK(parsed.steps[1].body[0].number == 2);
  CHECK(parsed.steps[1].body[0].body.size() == 1);
  CHECK(parsed.steps[2].verb == Verb::close);
}

TEST_CASE("every mistake is named with its line") {
  struct Row {
    const char* text;
    unsigned line;
    const char* what;
  };
  const Row rows[] = {
      {"client conect", 7, "unknown verb \"conect\"; did you mean \"connect\"?"},
      {"client connect\nclient get / with Connection close", 8, "\"Connection close\" is not a field: Name: value"},
      {"\n\nclient get /", 9, "client has no socket yet: client connect"},
      {"client accept from nobody", 7, "nobody does not listen yet: nobody listen 9000"},
      {"client connect to 70000", 7, "70000 is no port"},
      {"client connect quickly", 7, "\"quickly\" is not understood here"},
      {"client connect\nclient get index", 8, "the path begins with /"},
      {"client connect\nclient get / Connection: close", 8, "fields begin with \"with\": with Connection: close"},
      {"client connect\nclient await OPEN", 8, "\"OPEN\" is no TCP state"},
      {"client connect\nclient close now", 8, "\"now\" is not understood here"},
      {"network drop 3 ACK from client", 7, "say how many: next 3, or all"},
      {"network drop next 0 ACK from client", 7, "next wants a number from 1"},
      {"network drop next 3 PSH from client", 7, "\"PSH\" is none of any, SYN, FIN, RST, ACK, data"},
      {"network drop all ACK", 7, "say from whom: from client, or from server"},
      {"Client connect", 7, "\"Client\" is no actor's name"},
      {"repeat 3\nclient connect", 7, "this repeat has no end"},
      {"end", 7, "there is no repeat to end"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.text));
    const ParsedSteps parsed = parse_steps(row.text, 7);
    REQUIRE(parsed.errors.size() == 1);
    CHECK(parsed.errors[0].line == row.line);
    CHECK(parsed.errors[0].what == row.what);
  }
}

TEST_CASE("the sockets of a play") {
  const ParsedSteps parsed =
      parse_steps("old listen 9000\nrepeat 2\nclient connect\nend\nclient close\nserver stop\npause 1s", 1);
  CHECK(actors_of(parsed.steps) == std::vector<std::string>{"old", "client"});
}

}  // namespace
}  // namespace closelab::lab
