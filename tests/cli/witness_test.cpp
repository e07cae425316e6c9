// Whether packets are a witness, as `closelab serve` is told and as it is allowed.

#include <doctest/doctest.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// serve, with these flags, where capturing is not allowed, whoever runs the test.
std::vector<std::string> without_privilege(const std::vector<std::string>& flags) {
  std::vector<std::string> command;
  if (::geteuid() == 0) command = {"setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"};
  command.insert(command.end(), {CLOSELAB_PROGRAM, "serve", "--port=0", "--admin-port=off"});
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

json first_line(const std::vector<std::string>& command) {
  Program program(command);
  return json::parse(program.line());
}

TEST_CASE("where capturing is not allowed, the first line says that there is no witness, and why") {
  const json listening = first_line(without_privilege({"--log-format=json"}));
  CHECK(listening["witness"] == "none");
  CHECK(contains(listening["no_witness_reason"], "CAP_NET_RAW"));
}

TEST_CASE("a server that must have a witness does not start without") {
  const Finished refused = run(without_privilege({"--witness=require"}));
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "witness = require"));
  CHECK(contains(refused.err, "CAP_NET_RAW"));

  const Finished useless = run(without_privilege({"--witness=require", "--lookups=off"}));
  CAPTURE(useless.err);
  CHECK(useless.exit_code == 2);
  CHECK(contains(useless.err, "needs lookups = on"));
}

TEST_CASE("where it is allowed, packets are the witness") {
  const std::vector<std::string> private_network{"unshare", "--user", "--map-root-user", "--net", "--"};
  std::vector<std::string> probe = private_network;
  probe.emplace_back("true");
  if (run(probe).exit_code != 0) {
    std::cout << "no private network is allowed here" << std::endl;
    return;
  }
  std::vector<std::string> serve = private_network;
  serve.insert(serve.end(), {CLOSELAB_PROGRAM, "serve", "--port=0", "--admin-port=off", "--log-format=json"});
  CHECK(first_line(serve)["witness"] == "packets");
  serve.emplace_back("--witness=off");
  CHECK(first_line(serve)["witness"] == "none");
}

}  // namespace
}  // namespace closelab::cli
