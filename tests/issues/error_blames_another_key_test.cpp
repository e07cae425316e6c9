// Errors named a key that nobody had written, or none at all: `expect=final:100` was blamed on `answer` and
// `expect=final:417,at=before_response` on `read_body`, at which a conf file's reader looked for that key's place and
// crashed. To a query and to the admin port `send_file` was offered, which neither may use. A folder as `send_file`
// was an error of the C++ library. The kernel's bounds were found out without the key's place, or not at all.

#include <doctest/doctest.h>

#include <string>

#include "server/lab/admin/json_body.h"
#include "server/lab/admin/reply.h"
#include "server/lab/admin/route.h"
#include "server/lab/experiments/play_steps.h"
#include "server/lab/serve/query_options.h"
#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

std::string conf_error(const std::string& toml) {
  try {
    parse_conf(toml, "lab.toml", {});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string admin_error(const std::string& json) {
  try {
    rule_from_json(Json::parse(json), "the rule");
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return "";
}

TEST_CASE("an error names the key that was written, and its place") {
  CHECK(conf_error("[[rule]]\nexpect = \"final:100\"") ==
        "lab.toml:2:10: expect: final: its status must be from 200 to 999");
  CHECK(conf_error("[[rule]]\nexpect = \"final:417\"\nat = \"before_response\"") ==
        "lab.toml:2:10: \"expect\" makes no sense at before_response: it goes with expect alone");
  CHECK(conf_error("[[rule]]\nsend_file = \"/\"") == "lab.toml:2:13: send_file: \"/\" can't be read, or is empty");
  CHECK(
      conf_error("[[rule]]\nslow = \"10/100\"") ==
      "lab.toml:2:8: slow: \"100\" has no unit; write 100s for seconds or 100ms; it is written SIZE/DURATION, such as "
      "10/100ms");
  CHECK(conf_error("tcp_linger2 = \"121s\"") == "lab.toml:1:15: tcp_linger2: 121s is more than 2m; or write off");
  CHECK(conf_error("tcp_keepalive = \"10h\"") == "lab.toml:1:17: tcp_keepalive: 10h is more than 32767s; or write off");
  CHECK(conf_error("lingering_time = \"0s\"") == "lab.toml:1:18: lingering_time: 0s is less than 1ms");
  CHECK(conf_error("grace = \"off\"") == "lab.toml:1:9: grace: can't be off; write 0s for none, or up to 24h");
}

TEST_CASE("a key that can only be on says so where true and false are written") {
  const std::string why = "stall: takes on alone (true in TOML and JSON); leave the key out for off";
  CHECK(conf_error("[[rule]]\nstall = false") == "lab.toml:2:9: " + why);
  CHECK(admin_error(R"({"stall":false})") == "the rule: " + why);
  CHECK(admin_error(R"({"stall":1})") == "the rule: stall wants true, or is left out");
}

TEST_CASE("only what may be used is offered") {
  for (const std::string& error : {parse_query_options("at=accept").error, parse_query_options("send_fil=x").error,
                                   admin_error("{}"), admin_error(R"({"send_fil":"x"})")}) {
    CHECK(error != "");
    CHECK(error.find("send_file") == std::string::npos);
  }
  CHECK(admin_error(R"({"send_file":"/"})").find("send_file goes into a conf file or --rule alone") !=
        std::string::npos);
}

TEST_CASE("an experiment's socket options are those that the kernel takes") {
  const auto error_of = [](const std::string& line) {
    const ParsedSteps parsed = parse_steps("client connect\nclient " + line, 1);
    return parsed.errors.empty() ? "" : parsed.errors.front().what;
  };
  CHECK(error_of("linger2 2m") == "");
  CHECK(error_of("linger2 121s") == "the kernel takes 1s to 120s here");
  CHECK(error_of("linger 500ms") == "the kernel takes whole seconds here");
}

TEST_CASE("an admin port's path whose id is no number says that it has to be one") {
  const std::vector<AdminRoute> routes{{"GET", "/connections/ID", {}, "", {}},
                                       {"POST", "/connections/ID/close", {}, "", {}}};
  CHECK_THROWS_WITH(find_route(routes, "GET", "/connections/x"), "\"x\" is no id: ids are numbers from 1");
  CHECK_THROWS_WITH(find_route(routes, "POST", "/connections/0/close"), "\"0\" is no id: ids are numbers from 1");
}

}  // namespace
}  // namespace closelab::lab
