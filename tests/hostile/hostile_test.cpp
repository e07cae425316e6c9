// Hostile and broken clients, a kernel that refuses, stops at any moment: what the server makes of them, in numbers.
// Each story has a file of its own (story.h). README.md has the figures of the full run.
//
//   hostile_test [STORY...]            what ./check has time for; all stories, or those named
//   --full                             1000 tries, 100,000 cycles, 1000 restarts, 30 minutes of mixed behaviour
//   --tries N, --cycles N, --restarts N, --minutes N, --every N, --seed N
//
// In a network namespace of the test's own.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/testbed/network.h"
#include "tests/hostile/story.h"
#include "tests/support/private_network.h"
#include "tests/support/skip.h"

namespace closelab::hostile {

void Findings::expect(bool as_it_should_be, const std::string& what) {
  if (as_it_should_be) return;
  ++count_;
  std::cout << "  WRONG: " << what << std::endl;
}

void Findings::left_out(const std::string& why) { test::skip(why); }

namespace {

struct Story {
  const char* name;
  const char* question;
  void (*play)(const Scale&, Findings&);
};

constexpr std::array stories{
    Story{"floods", "more connections than max_connections, or than there are descriptors", floods},
    Story{"calls", "system calls that fail, are interrupted, or do less than asked", failing_calls},
    Story{"memory", "every allocation of a server fails once, and five in a row", failing_memory},
    Story{"admin", "every allocation of an admin port fails once, and five in a row", failing_admin},
    Story{"each_call", "every system call of a server fails once, with every errno that it may give", each_call},
    Story{"clock", "a wall clock that jumps", jumping_clock},
    Story{"urgent", "urgent data at every byte of a request", urgent_data},
    Story{"rules", "rules that change while they are read", rule_changes},
    Story{"resets", "the client resets at every moment", resets},
    Story{"vanished", "clients whose packets stop coming", vanished},
    Story{"attacks", "slowhttptest, 400 connections each", slow_attacks},
    Story{"losses", "does every response arrive?", losses},
    Story{"stops", "stop at any moment", stops},
    Story{"restarts", "start and stop in one process", restarts},
    Story{"cycles", "connections opened and closed", cycles},
    Story{"mixed", "clients that behave at random", mixed},
    Story{"chaos", "everything at once", chaos},
};

struct Wanted {
  Scale scale;
  std::vector<std::string> names;
};

void take_option(Wanted& wanted, const std::string& name, const std::function<std::string()>& value) {
  Scale& scale = wanted.scale;
  if (name == "--full") {
    scale = {.tries = 1000,
             .cycles = 100'000,
             .restarts = 1000,
             .mixed = std::chrono::minutes(30),
             .place_step = 1,
             .seed = scale.seed};
  } else if (name == "--tries") {
    scale.tries = std::stoul(value());
  } else if (name == "--cycles") {
    scale.cycles = std::stoul(value());
  } else if (name == "--restarts") {
    scale.restarts = std::stoul(value());
  } else if (name == "--minutes") {
    scale.mixed = std::chrono::minutes(std::stoul(value()));
  } else if (name == "--every") {
    scale.place_step = std::stoul(value());
  } else if (name == "--seed") {
    scale.seed = std::stoull(value());
  } else {
    throw std::invalid_argument("unknown option " + name);
  }
}

Wanted parse(const std::vector<std::string>& arguments) {
  Wanted wanted;
  wanted.scale.seed = std::random_device{}();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      wanted.names.push_back(arguments[i]);
    } else {
      take_option(wanted, arguments[i], [&] { return ++i < arguments.size() ? arguments[i] : std::string(); });
    }
  }
  return wanted;
}

bool is_wanted(const Story& story, const std::vector<std::string>& names) {
  return names.empty() || std::ranges::find(names, story.name) != names.end();
}

void play(const Story& story, const Scale& scale, Findings& findings) {
  std::cout << '\n' << story.name << ": " << story.question << std::endl;
  const auto start = std::chrono::steady_clock::now();
  try {
    story.play(scale, findings);
  } catch (const std::exception& error) {
    findings.expect(false, error.what());
  }
  const auto taken = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << "  " << taken.count() << " ms" << std::endl;
}

int run(const Wanted& wanted) {
  std::cout << "seed " << wanted.scale.seed << '\n';
  Findings findings;
  for (const Story& story : stories) {
    if (is_wanted(story, wanted.names)) play(story, wanted.scale, findings);
  }
  std::cout << '\n' << findings.count() << " wrong\n";
  return findings.count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace closelab::hostile

int main(int count, char** arguments) {
  closelab::hostile::Wanted wanted;
  try {
    wanted = closelab::hostile::parse({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "; see the top of hostile_test.cpp\n";
    return EXIT_FAILURE;
  }
  return closelab::kernel_test::run_in_private_network(arguments, [&] {
    // Away from nginx's port.
    closelab::testbed::set_ipv4_sysctl("ip_local_port_range", "10000 65535");
    return closelab::hostile::run(wanted);
  });
}
