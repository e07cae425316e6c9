// The real nginx, Apache, Node and Go beside their personas (conf/personas/), in the same situations: what the client
// and the kernel saw must be the same, but for the known differences in comparison.cpp. In a network namespace of the
// test's own. A server that is not installed is left out.
//
//   CLOSELAB_PERSONAS_SERVERS     only the servers whose names contain this text
//   CLOSELAB_PERSONAS_SITUATIONS  only the situations whose names contain this text
//   CLOSELAB_PERSONAS_ROUNDS      how often each is played; default 3
//   CI=true                       where the test can't run, or without nginx or Apache, it fails

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "net/testbed/network.h"
#include "tests/personas/comparison.h"
#include "tests/personas/servers.h"
#include "tests/personas/situations.h"
#include "tests/support/private_network.h"
#include "tests/support/skip.h"

namespace closelab::persona_test {
namespace {

std::string text_in(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : "";
}

bool is_wanted(std::string_view name, const char* variable) {
  return name.find(text_in(variable)) != std::string::npos;
}

std::size_t rounds() {
  const std::string text = text_in("CLOSELAB_PERSONAS_ROUNDS");
  return text.empty() ? 3 : std::stoul(text);
}

/// What went wrong is an observation, too: it is printed, and equals nothing that went well.
Observation observe(const Situation& situation, const Endpoint& server) {
  try {
    Visit visit(server, situation.receive_buffer);
    situation.play(visit);
    return visit.observe();
  } catch (const std::exception& error) {
    return {error.what(), "", "", ""};
  }
}

Seen observe_rounds(const Situation& situation, const Endpoint& server) {
  Seen seen(rounds());
  for (Observation& one : seen) one = observe(situation, server);
  return seen;
}

/// All situations at the same time: most of their time is waiting.
std::vector<Pair> play(const Running& real, const Persona& persona) {
  std::vector<std::future<Pair>> playing;
  for (const Situation& situation : situations()) {
    if (!is_wanted(situation.name, "CLOSELAB_PERSONAS_SITUATIONS")) continue;
    playing.push_back(std::async(std::launch::async, [&] {
      return Pair{std::string(situation.name), observe_rounds(situation, real.endpoint(situation.limits)),
                  observe_rounds(situation, persona.endpoint(situation.limits))};
    }));
  }
  std::vector<Pair> pairs;
  for (std::future<Pair>& one : playing) pairs.push_back(one.get());
  return pairs;
}

/// How many things are wrong.
std::size_t compare(const RealServer& server, const Folder& folder) {
  if (find_program(server).empty()) {
    const std::string missing = server.name + " is not installed, and left out";
    if (server.provided) {
      test::skip(missing);
    } else {
      std::cout << '\n' << missing << '\n';
    }
    return 0;
  }
  const Running real(server, folder);
  const Persona persona(server);
  return compare(std::cout, server.name, play(real, persona));
}

int run() {
  const Folder folder;
  const Backend backend;
  std::size_t wrong = 0;
  for (const RealServer& server : real_servers()) {
    if (is_wanted(server.name, "CLOSELAB_PERSONAS_SERVERS")) wrong += compare(server, folder);
  }
  std::cout << '\n' << wrong << " wrong\n";
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::persona_test

int main(int, char** arguments) {
  return closelab::kernel_test::run_in_private_network(arguments, [] {
    // Away from the ports of the real servers.
    closelab::testbed::set_ipv4_sysctl("ip_local_port_range", "32768 60999");
    return closelab::persona_test::run();
  });
}
