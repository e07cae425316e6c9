#include "server/lab/settings/conf_file.h"

#include <doctest/doctest.h>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

std::string error_of(std::string_view toml) {
  try {
    parse_conf(toml, "lab.toml", {});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a key that may be given again takes an array") {
  CHECK(parse_conf("admin_host = [\"a\", \"b.c\"]", "lab.toml", {}).admin_hosts ==
        std::vector<std::string>{"a", "b.c"});
  CHECK(parse_conf("admin_host = \"a,b.c\"", "lab.toml", {}).admin_hosts == std::vector<std::string>{"a", "b.c"});
  CHECK(error_of("admin_host = [1]") == "lab.toml:1:14: admin_host wants strings in its array");
  CHECK(error_of("admin_host = [\"a:1\"]").find("\"a:1\" is not the name of a host") != std::string::npos);
  CHECK(error_of("port = [1]") == "lab.toml:1:8: port wants an integer, not array");
}

TEST_CASE("a conf file sets what it names and leaves the rest") {
  const Settings settings = parse_conf(R"(
    port = 0
    reuse_address = false
    reuse_port = "on"
    idle_timeout = "200ms"
    lingering_bytes = "64KiB"
    body_bytes = 10
    request_limit = 1
    linger = "off"
  )",
                                       "lab.toml", {});
  const Options& options = settings.options;
  CHECK(options.listen.port == 0);
  CHECK(options.listen.reuse_address == Switch::off);
  CHECK(options.listen.reuse_port == Switch::on);
  CHECK(options.timeouts.idle_timeout == std::chrono::milliseconds(200));
  CHECK(options.lingering.bytes == 65536);
  CHECK(options.limits.body_bytes == 10);
  CHECK(options.request_limit == 1);
  CHECK_FALSE(options.socket.linger.has_value());
  CHECK(options.timeouts.header_timeout == Timeouts{}.header_timeout);
}

TEST_CASE("errors name the place, the key and what was meant") {
  struct Case {
    const char* toml;
    const char* error;
  };
  const Case cases[] = {
      {"idle_timout = \"5s\"", "lab.toml:1:1: unknown key \"idle_timout\"; did you mean \"idle_timeout\"?"},
      {"idle-timeout = \"5s\"", "lab.toml:1:1: unknown key \"idle-timeout\"; did you mean \"idle_timeout\"?"},
      {"\n  colour = \"auto\"", "lab.toml:2:3: unknown key \"colour\"; did you mean \"color\"?"},
      {"zzzzzz = 1",
       "lab.toml:1:1: unknown key \"zzzzzz\"; `closelab serve --help` lists the keys, which stand in no table"},
      {"idle_timeout = 5", "lab.toml:1:16: idle_timeout: \"5\" has no unit; write 5s for seconds or 5ms"},
      {"idle_timeout = true", "lab.toml:1:16: idle_timeout wants a string (DURATION|off), not boolean"},
      {"port = 70000", "lab.toml:1:8: port: 70000 is more than 65535"},
      {"port = -1", "lab.toml:1:8: port: \"-1\" is negative"},
      {"port = 80.5", "lab.toml:1:8: port wants an integer, not floating-point"},
      {"lookups = 1", "lab.toml:1:11: lookups wants true, false, \"on\" or \"off\", not integer"},
      {"port = [1]", "lab.toml:1:8: port wants an integer, not array"},
      {"[port]\na = 1", "lab.toml:1:1: port wants an integer, not table"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.toml);
    CHECK(error_of(c.toml) == c.error);
  }
}

TEST_CASE("a former key still works and draws a note; so does a rule that is there twice") {
  const Settings settings = parse_conf(R"(verdicts = false
half_close = "abort"
[[rule]]
stall = true
[[rule]]
stall = true)",
                                       "lab.toml", {});
  CHECK(settings.options.lookups == Switch::off);
  CHECK(settings.options.client_half_close == ClientHalfClose::abort);
  CHECK(settings.options.rules.size() == 2);
  const std::vector<std::string> expected{
      "lab.toml:1:1: verdicts is called lookups now; the old name goes with the next version",
      "lab.toml:2:1: half_close is called client_half_close now; the old name goes with the next version",
      "lab.toml:5:1: this rule is the same as rule 1; it acts as well, where the first has not ended the connection",
  };
  CHECK(settings.notes == expected);
}

TEST_CASE("each [[rule]] is a rule, in the file's order, after those there are") {
  Settings settings;
  settings.options.rules = {at(At::accept).stall()};
  settings = parse_conf(R"(
    port = 0
    [[rule]]
    connection = 1
    at = "response_body:100"
    close = "abortive"
    [[rule]]
    path = "/echo*"
    stall = true
    times = 2
    probability = 0.5
    [[rule]]
    truncate = "on"
    probability = 1
  )",
                        "lab.toml", settings);
  const std::vector<Rule> expected{
      at(At::accept).stall(),
      at_response_body(100).close(CloseMode::abortive).on_connection(1),
      at(At::before_response).stall().on_path("/echo*").at_most(2).with_probability(0.5),
      at(At::response_headers).truncate(),
  };
  CHECK(settings.options.rules == expected);
  CHECK(settings.options.listen.port == 0);
}

TEST_CASE("errors in rules name the place, the key and what was meant") {
  struct Case {
    const char* toml;
    const char* error;
  };
  const Case cases[] = {
      {"[[rule]]\nclose = \"abrtive\"",
       "lab.toml:2:9: close: \"abrtive\" is none of lingering, immediate, abortive, delayed, half, deferred, never"},
      {"[[rule]]\nclose = \"half\"\n  tims = 1", "lab.toml:3:3: unknown rule key \"tims\"; did you mean \"times\"?"},
      {"[[rule]]\nstall = true\nrequest = 1\nat = \"accept\"",
       "lab.toml:3:11: \"request\" makes no sense at accept: no request has come yet"},
      {"port = 0\n[[rule]]\nat = \"accept\"",
       "lab.toml:2:1: a rule has exactly one of close, delay, stall, truncate, slow, answer, send, send_file, interim, "
       "expect, announce, and this one has none"},
      {"[[rule]]\nconnection = \"first\"\nstall = true", "lab.toml:2:14: connection: \"first\" is not a number"},
      {"[[rule]]\nconnection = 1.5\nstall = true", "lab.toml:2:14: connection wants an integer, not floating-point"},
      {"[[rule]]\nstall = 1", "lab.toml:2:9: stall wants true or \"on\", or is left out, not integer"},
      {"[[rule]]\nstall = false",
       "lab.toml:2:9: stall: takes on alone (true in TOML and JSON); leave the key out for off"},
      {"[[rule]]\nstall = true\nprobability = true", "lab.toml:3:15: probability wants a number, not boolean"},
      {"[[rule]]\nstall = true\nprobability = 1.5", "lab.toml:3:15: probability: \"1.5\" is not a number from 0 to 1"},
      {"[[rule]]\nstall = true\nprobability = nan", "lab.toml:3:15: probability: \"nan\" is not a number from 0 to 1"},
      {"[[rule]]\nat = []\nstall = true", "lab.toml:2:6: at wants a string (MOMENT), not array"},
      {"rule = 1", "lab.toml:1:8: rules are tables with a heading [[rule]] each"},
      {"rule = [1]", "lab.toml:1:8: rules are tables with a heading [[rule]] each"},
      {"[rule]\nstall = true", "lab.toml:1:1: rules are tables with a heading [[rule]] each"},
      {"[[rules]]\nstall = true", "lab.toml:1:3: unknown key \"rules\"; did you mean \"rule\"?"},
      {"[[rule]]\ntims = 1\n[[rule]]\ntruncate = true\n[[rule]]\ndelay = 5",
       "lab.toml:2:1: unknown rule key \"tims\"; did you mean \"times\"?\n"
       "lab.toml:6:9: delay: \"5\" has no unit; write 5s for seconds or 5ms"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.toml);
    CHECK(error_of(c.toml) == c.error);
  }
}

TEST_CASE("a text that is not TOML is refused with its place") {
  CHECK(error_of("port = 1\nport = 2").starts_with("lab.toml:2:"));
  CHECK(error_of("port 1").starts_with("lab.toml:1:"));
}

TEST_CASE("every error is reported, in the file's order") {
  CHECK(error_of("zport = 1\nport = \"x\"\nbacklog = 0") ==
        "lab.toml:1:1: unknown key \"zport\"; did you mean \"port\"?\n"
        "lab.toml:2:8: port: \"x\" is not a number\n"
        "lab.toml:3:11: backlog: 0 is less than 1");
}

TEST_CASE("a file that can't be read is an error that says why") {
  CHECK_THROWS_WITH_AS(read_conf("/nonexistent/lab.toml", {}), "/nonexistent/lab.toml: No such file or directory",
                       UsageError);
  CHECK_THROWS_AS(read_conf("/", {}), UsageError);
}

TEST_CASE("what is printed reads back as the same settings") {
  Settings settings;
  for (const Setting& setting : schema()) {
    if (setting.key == "reuse_address") CHECK(setting.set(settings, "off") == "");
    if (setting.key == "request_limit") CHECK(setting.set(settings, "3") == "");
    if (setting.key == "linger") CHECK(setting.set(settings, "2s") == "");
    if (setting.key == "address") CHECK(setting.set(settings, "::1") == "");
  }
  settings.options.keep_alive.max = {Advertised<std::int64_t>::Kind::offset, 3};
  settings.options.rule_seed = ~std::uint64_t{0};
  settings.options.rules = {
      at_response_body(100).close(CloseMode::abortive).on_connection(1).once(),
      at(At::before_response).stall().on_path("/\"quoted\"\\*").with_probability(0.1),
      at_idle(std::chrono::seconds(2)).close().with_probability(1e-9),
      at(At::response_headers).slow(10, std::chrono::milliseconds(100)),
  };
  const std::string printed = format_conf(settings);
  const Settings read = parse_conf(printed, "printed", {});
  CHECK(read.options.rules == settings.options.rules);
  CHECK(read.options.keep_alive == settings.options.keep_alive);
  CHECK(read.options.rule_seed == settings.options.rule_seed);
  CHECK(format_conf(parse_conf(printed, "printed", {})) == printed);
  CHECK(printed.find("\nreuse_address = false\n") != std::string::npos);
  CHECK(printed.find("\nrequest_limit = 3\n") != std::string::npos);
  CHECK(printed.find("\n[[rule]]\nconnection = 1\nat = \"response_body:100\"\nclose = \"abortive\"\ntimes = 1\n") !=
        std::string::npos);
  CHECK(printed.find("\nstall = true\nprobability = 0.1\n") != std::string::npos);
  CHECK(printed.find("\ntcp_keepalive = \"off\"\n") != std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
