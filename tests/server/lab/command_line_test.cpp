#include "server/lab/command_line.h"

#include <doctest/doctest.h>

#include <vector>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

Command parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "closelab");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(std::vector<const char*> arguments) {
  try {
    parse(std::move(arguments));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("serve without flags is the defaults on port 8080") {
  const Command command = parse({"serve"});
  CHECK(command.action == Command::Action::serve);
  CHECK(command.settings.options.listen.port == 8080);
  CHECK(command.settings.options.listen.reuse_address == Switch::on);
}

TEST_CASE("every setting is a flag") {
  for (const Setting& setting : schema()) {
    CAPTURE(setting.key);
    const std::string flag = flag_name(setting.key) + "=" + setting.get({});
    CHECK(error_of({"serve", flag.c_str()}) == "");
    CHECK(contains(parse({"serve", "--help"}).text, flag_name(setting.key)));
  }
}

TEST_CASE("flags take their value after a space or =, and the last one wins") {
  CHECK(parse({"serve", "--port", "0"}).settings.options.listen.port == 0);
  CHECK(parse({"serve", "--port=1", "--port=2"}).settings.options.listen.port == 2);
}

TEST_CASE("each --rule adds a rule, and no comma of it is lost") {
  const Command command =
      parse({"serve", "--rule", "at=response_body:100,close=abortive,connection=1", "--rule=stall=on,path=/[x]"});
  const std::vector<Rule> expected{at_response_body(100).close(CloseMode::abortive).on_connection(1),
                                   at(At::before_response).stall().on_path("/[x]")};
  CHECK(command.settings.options.rules == expected);
}

TEST_CASE("a switch is on, off by --no-, or given a value by =") {
  struct Case {
    const char* flag;
    Switch expected;
  };
  const Case cases[] = {
      {"--lookups", Switch::on},    {"--no-lookups", Switch::off},    {"--lookups=off", Switch::off},
      {"--lookups=on", Switch::on}, {"--lookups=false", Switch::off}, {"--lookups=true", Switch::on},
  };
  for (const Case& c : cases) {
    CAPTURE(c.flag);
    CHECK(parse({"serve", c.flag}).settings.options.lookups == c.expected);
  }
  CHECK(parse({"serve", "--lookups", "--no-lookups"}).settings.options.lookups == Switch::off);
}

TEST_CASE("errors name the argument and what was meant") {
  struct Case {
    std::vector<const char*> arguments;
    const char* error;
  };
  const Case cases[] = {
      {{}, "no command is given"},
      {{"serv"}, "unknown command \"serv\"; did you mean \"serve\"?"},
      {{"--verison"}, "unknown option \"--verison\"; did you mean \"--version\"?"},
      {{"version", "x"}, "unexpected argument \"x\""},
      {{"--version", "x"}, "unknown command \"x\"; `closelab serve` starts the server, `closelab help` says more"},
      {{"help", "serve", "x"}, "unexpected argument \"x\""},
      {{"help", "serv"}, "unknown command \"serv\"; did you mean \"serve\"?"},
      {{"serve", "--idle-timout", "2s"}, "unknown option \"--idle-timout\"; did you mean \"--idle-timeout\"?"},
      {{"serve", "--idle_timeout=2s"}, "did you mean \"--idle-timeout\"?"},
      {{"serve", "--qqqqqqqqqq"}, "`closelab serve --help` lists the options"},
      {{"serve", "8080"}, "unexpected argument \"8080\""},
      {{"serve", "--idle-timeout", "2"}, "--idle-timeout: \"2\" has no unit; write 2s for seconds or 2ms"},
      {{"serve", "--port", "-1"}, "--port: \"-1\" is negative"},
      {{"serve", "--port"}, "--port wants a value: --port N"},
      {{"serve", "--port", "--no-reuse-port"}, "--port wants a value"},
      {{"serve", "--conf"}, "--conf wants a value: --conf FILE"},
      {{"serve", "--address="}, "--address wants a value: --address ADDRESS"},
      {{"serve", "--json"}, "unknown option \"--json\"; did you mean \"--log-format json\"?"},
      {{"serve", "--never"}, "unknown option \"--never\"; did you mean \"--color never\"?"},
      {{"serve", "--idle", "2s"}, "unknown option \"--idle\"; did you mean \"--idle-timeout\"?"},
      {{"serve", "--admin-port", "8080"}, "admin_port 8080 is the port that the server itself is to listen on"},
      {{"run", "--json"}, "unknown option \"--json\"; did you mean \"--format json\"?"},
      {{"run", "--report"}, "--report wants a value: --report FILE"},
      {{"watch", "--json"}, "unknown option \"--json\"; did you mean \"--format json\"?"},
      {{"watch", "--interval"}, "--interval wants a value: --interval DURATION"},
      {{"watch", "--interval", "0"}, "--interval: \"0\" is too short; the shortest is 100ms"},
      {{"help", "serv"}, "unknown command \"serv\"; did you mean \"serve\"?"},
      {{"serve", "--lookups=perhaps"}, "--lookups: \"perhaps\" is neither on nor off"},
      {{"serve", "--rule", "close=gently"}, "--rule close=gently: close: \"gently\" is none of lingering, immediate"},
      {{"serve", "--rule", "stall"}, "--rule stall: \"stall\" has no \"=\"; write key=value,key=value..."},
      {{"serve", "--rule", "stal=on"}, "--rule stal=on: unknown rule key \"stal\"; did you mean \"stall\"?"},
      {{"serve", "--rule"}, "--rule wants a value: --rule KEY=VALUE,KEY=VALUE..."},
      {{"serve", "--conf", "/nonexistent.toml"}, "/nonexistent.toml: No such file or directory"},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.error));
    const std::string error = error_of(c.arguments);
    CAPTURE(error);
    CHECK(contains(error, c.error));
  }
}

TEST_CASE("a former flag still works and draws a note, and the present one wins") {
  const Settings former = parse({"serve", "--half-close", "abort", "--no-verdicts"}).settings;
  CHECK(former.options.client_half_close == ClientHalfClose::abort);
  CHECK(former.options.lookups == Switch::off);
  const std::vector<std::string> notes{
      "--half-close is called --client-half-close now; the old name goes with the next version",
      "--verdicts is called --lookups now; the old name goes with the next version"};
  CHECK(former.notes == notes);
  CHECK(parse({"serve", "--lookups", "--no-verdicts"}).settings.options.lookups == Switch::on);
  CHECK(parse({"serve", "--lookups"}).settings.notes.empty());
}

TEST_CASE("a rule that is given twice is noticed") {
  const Settings settings = parse({"serve", "--rule=stall=on", "--rule=stall=on"}).settings;
  CHECK(settings.notes == std::vector<std::string>{"--rule stall=on: this rule is the same as rule 1; it acts as well, "
                                                   "where the first has not ended the connection"});
}

TEST_CASE("help and version are shown") {
  CHECK(parse({"help"}).text == parse({"--help"}).text);
  for (const char* command : {"serve", "watch", "run", "audit", "man", "completions", "help", "version"})
    CHECK(parse({"help", command}).text == parse({command, "--help"}).text);
  for (const char* version : {"version", "-v", "-V"}) CHECK(parse({version}).text == parse({"--version"}).text);

  CHECK(contains(parse({"--help"}).text, "SYNOPSIS"));
  CHECK(contains(parse({"serve", "--help"}).text, "--no-reuse-address"));
  CHECK(parse({"--version"}).text.starts_with("closelab "));
}

TEST_CASE("help keeps to 80 columns") {
  for (const std::string& text : {parse({"--help"}).text, parse({"serve", "--help"}).text}) {
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      const std::string line = text.substr(begin, end - begin);
      CAPTURE(line);
      CHECK(line.size() <= 80);
      begin = end + 1;
    }
  }
}

}  // namespace
}  // namespace closelab::lab
