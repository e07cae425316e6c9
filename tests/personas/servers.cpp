#include "tests/personas/servers.h"

#include <signal.h>

#include "net/socket/socket_address.h"
#include "tests/support/launch.h"
#include "tests/where.h"

namespace closelab::persona_test {
namespace {

// The network is the test's own, so every port is free.
constexpr std::uint16_t backend_port = 8000;

const std::string source = CLOSELAB_SOURCE_DIR;

Endpoint at_port(std::uint16_t port) { return *net::parse_address("127.0.0.1", port); }

std::string filled_in(const std::string& argument, const RealServer& server, const Folder& folder) {
  if (argument == "FOLDER") return folder.path();
  if (argument == "CONFIGURATION") return folder.copy_of(source + "/tests/personas/" + server.configuration);
  return argument;
}

std::vector<std::string> command(const RealServer& server, const Folder& folder) {
  std::vector<std::string> all = without_root();
  all.push_back(runnable_by_anybody(find_program(server), folder));
  for (const std::string& argument : server.arguments) all.push_back(filled_in(argument, server, folder));
  return all;
}

std::vector<std::string> persona_flags(const RealServer& server, Limits limits) {
  std::vector<std::string> flags{"--conf=" + source + "/conf/personas/" + server.name + ".toml", "--admin-port=off"};
  if (limits == Limits::small) flags.insert(flags.end(), server.small_flags.begin(), server.small_flags.end());
  return flags;
}

RealServer nginx() {
  return {.name = "nginx",
          .provided = true,
          .program = "nginx",
          .arguments = {"-p", "FOLDER", "-c", "CONFIGURATION"},
          .configuration = "nginx.conf",
          .standard_port = 8001,
          .small_port = 8002,
          .small_flags = {"--idle-timeout=1s", "--header-timeout=1s", "--body-timeout=1s", "--request-limit=2",
                          "--body-bytes=64KiB"}};
}

RealServer apache() {
  return {.name = "apache",
          .provided = true,
          .program = "apache2",
          .arguments = {"-X", "-d", "FOLDER", "-f", "CONFIGURATION"},
          .configuration = "apache.conf",
          .standard_port = 8011,
          .small_port = 8012,
          .small_flags = nginx().small_flags};
}

RealServer node() {
  return {.name = "node",
          .program = "node",
          .arguments = {"CONFIGURATION"},
          .configuration = "server.js",
          .standard_port = 8021,
          .small_port = 8022,
          .small_flags = {"--idle-timeout=2s", "--header-timeout=1s", "--body-timeout=1s", "--request-limit=2",
                          "--keep-alive-max=2"}};
}

RealServer go() {
  return {.name = "go",
          .program = "go",
          .arguments = {"run", "CONFIGURATION"},
          .configuration = "server.go",
          .standard_port = 8031,
          .small_port = 8032,
          .small_flags = {"--idle-timeout=1s", "--header-timeout=1s", "--body-timeout=1s"}};
}

}  // namespace

const std::vector<RealServer>& real_servers() {
  static const std::vector<RealServer> servers{nginx(), apache(), node(), go()};
  return servers;
}

std::string find_program(const RealServer& server) { return find_program(server.program); }

Running::Running(const RealServer& server, const Folder& folder) : server_(server), program_(command(server, folder)) {
  await_listener(endpoint(Limits::standard), program_);
  await_listener(endpoint(Limits::small), program_);
}

/// Politely, so that it takes its children along.
Running::~Running() {
  program_.signal(SIGTERM);
  program_.finished();
}

Endpoint Running::endpoint(Limits limits) const {
  return at_port(limits == Limits::standard ? server_.standard_port : server_.small_port);
}

Persona::Persona(const RealServer& server)
    : standard_(persona_flags(server, Limits::standard)), small_(persona_flags(server, Limits::small)) {}

Endpoint Persona::endpoint(Limits limits) const {
  return at_port(limits == Limits::standard ? standard_.port() : small_.port());
}

Backend::Backend()
    : program_({CLOSELAB_PROGRAM, "serve", "--port=" + std::to_string(backend_port), "--log-format=json",
                "--admin-port=off"}) {
  await_listener(at_port(backend_port), program_);
}

}  // namespace closelab::persona_test
