#include "server/lab/conf_file.h"

#include <doctest/doctest.h>

#include "server/lab/usage_error.h"

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
      {"zzzzzz = 1", "lab.toml:1:1: unknown key \"zzzzzz\"; `closelab serve --help` lists the keys"},
      {"idle_timeout = 5", "lab.toml:1:16: idle_timeout: \"5\" has no unit; write 5s for seconds or 5ms"},
      {"idle_timeout = true", "lab.toml:1:16: idle_timeout wants a string, not boolean"},
      {"port = 70000", "lab.toml:1:8: port: 70000 is more than 65535"},
      {"port = -1", "lab.toml:1:8: port: \"-1\" is negative"},
      {"port = 80.5", "lab.toml:1:8: port wants an integer, not floating-point"},
      {"verdicts = 1", "lab.toml:1:12: verdicts wants true, false, \"on\" or \"off\", not integer"},
      {"port = [1]", "lab.toml:1:8: port wants an integer, not array"},
      {"[port]\na = 1", "lab.toml:1:1: port wants an integer, not table"},
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
  const std::string printed = format_conf(settings);
  CHECK(format_conf(parse_conf(printed, "printed", {})) == printed);
  CHECK(printed.find("\nreuse_address = false\n") != std::string::npos);
  CHECK(printed.find("\nrequest_limit = 3\n") != std::string::npos);
  CHECK(printed.find("\ntcp_keepalive = \"off\"\n") != std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
