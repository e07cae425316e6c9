#include "server/lab/watch/settings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "server/lab/command_line.h"
#include "server/lab/settings/help.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

WatchSettings parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"closelab", "watch"});
  const Command command = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  CHECK(command.action == Command::Action::watch);
  return command.watch;
}

std::string error_of(std::vector<const char*> arguments) {
  try {
    parse(std::move(arguments));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("watch without flags shows everything once a second, as text") {
  const WatchSettings settings = parse({});
  CHECK_FALSE(settings.filter.port.has_value());
  CHECK_FALSE(settings.filter.peer.has_value());
  CHECK(settings.filter.states.empty());
  CHECK(settings.repeat == WatchSettings::Repeat::until_stopped);
  CHECK(settings.interval == 1s);
  CHECK(settings.format == LogFormat::text);
}

TEST_CASE("flags of watch") {
  const WatchSettings settings =
      parse({"--port", "80", "--port=8080", "--peer", "10.0.0.0/8", "--once", "--interval", "200ms", "--format=json"});
  CHECK(settings.filter.port == 8080);
  REQUIRE(settings.filter.peer.has_value());
  CHECK(to_string(*settings.filter.peer) == "10.0.0.0/8");
  CHECK(settings.repeat == WatchSettings::Repeat::once);
  CHECK(settings.interval == 200ms);
  CHECK(settings.format == LogFormat::json);
}

TEST_CASE("states add up, in anybody's spelling") {
  using S = TcpState;
  struct Case {
    std::vector<const char*> arguments;
    std::vector<TcpState> states;
  };
  const Case cases[] = {
      {{"--state", "TIME_WAIT"}, {S::time_wait}},
      {{"--state", "time-wait"}, {S::time_wait}},
      {{"--state", "FIN_WAIT_1,FIN_WAIT2"}, {S::fin_wait_1, S::fin_wait_2}},
      {{"--state", "estab", "--state", "SYN-RECV,listen"}, {S::established, S::syn_received, S::listen}},
  };
  for (const Case& c : cases) CHECK(parse(c.arguments).filter.states == c.states);
}

TEST_CASE("errors of watch name the flag, what is wrong and what was meant") {
  struct Case {
    std::vector<const char*> arguments;
    const char* error;
  };
  const Case cases[] = {
      {{"--port", "0"}, "--port: \"0\" is no port; ports are 1 to 65535"},
      {{"--port", "65536"}, "--port: \"65536\" is no port"},
      {{"--port", "http"}, "--port: \"http\" is not a number"},
      {{"--peer", "localhost"}, "--peer: \"localhost\" is neither a numeric address nor a range like 10.0.0.0/8"},
      {{"--peer", "10.0.0.0/33"}, "--peer: \"10.0.0.0/33\" is neither"},
      {{"--peer", "::1/"}, "--peer: \"::1/\" is neither"},
      {{"--state", "TIM_WAIT"}, "--state: unknown state \"TIM_WAIT\"; did you mean TIME_WAIT? the states are LISTEN"},
      {{"--state", "fin-wait"}, "did you mean FIN_WAIT_1?"},
      {{"--state", "TIME_WAIT,"}, "unknown state \"\"; the states are LISTEN, SYN_SENT"},
      {{"--state", "CLOSED"}, "--state: the kernel's table holds no CLOSED sockets"},
      {{"--interval", "1"}, "--interval: \"1\" has no unit"},
      {{"--interval", "99ms"}, "--interval: \"99ms\" is too short; the shortest is 100ms"},
      {{"--format", "xml"}, "--format: \"xml\" is neither text nor json"},
      {{"--once=no"}, "--once: it takes no value"},
      {{"--prot=1"}, "unknown option \"--prot\"; did you mean \"--port\"?"},
      {{"8080"}, "unexpected argument \"8080\""},
      {{"serve"}, "unexpected argument \"serve\""},
  };
  for (const Case& c : cases) {
    const std::string error = error_of(c.arguments);
    CAPTURE(error);
    const bool says = c.error[0] == '-' ? error.starts_with(c.error) : error.find(c.error) != std::string::npos;
    CHECK(says);
  }
}

TEST_CASE("every flag of watch is in its help, which keeps to 80 columns") {
  const char* const arguments[] = {"closelab", "watch", "--help"};
  const std::string text = watch_help(server::Charset::utf8);
  const std::string ascii = watch_help(server::Charset::ascii);
  const std::string shown = parse_command_line(3, arguments).text;
  CHECK((shown == text || shown == ascii));
  CHECK(std::ranges::all_of(ascii, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  CHECK(ascii.find("`<= 2 s`") != std::string::npos);
  for (const WatchFlag& flag : watch_flags()) CHECK(text.find("\n  " + std::string(flag.name)) != std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}

}  // namespace
}  // namespace closelab::lab
