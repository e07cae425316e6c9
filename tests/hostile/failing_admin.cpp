// Every allocation of an admin port fails once, and five in a row, for every kind of request to it: the process goes
// on, and so does the port.

#include <array>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "server/lab/admin/admin.h"
#include "tests/hostile/admin_visit.h"
#include "tests/hostile/failing_allocations.h"
#include "tests/hostile/story.h"
#include "tests/hostile/system_calls.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

using loopback::Client;
using loopback::get;

constexpr std::size_t most_in_a_row = 5;

constexpr std::array visits{
    AdminVisit{"GET", "/connections"},
    AdminVisit{"GET", "/connections/1"},
    AdminVisit{"GET", "/connections?wait=closed&timeout=5ms"},
    AdminVisit{"GET", "/requests"},
    AdminVisit{"GET", "/states"},
    AdminVisit{"GET", "/metrics"},
    AdminVisit{"GET", "/events"},
    AdminVisit{"GET", "/rules"},
    AdminVisit{"POST", "/rules", R"({"at":"idle:20ms","close":"abortive","times":1})"},
    AdminVisit{"POST", "/rules", R"({"at":{"nested":[[["deep"]],{"twice":1,"twice":2}]}})"},
    AdminVisit{"PUT", "/rules", R"([{"at":"after_response","close":"half"},{"at":"accept","delay":"1ms"}])"},
    AdminVisit{"PUT", "/rules", "[[[["},
    AdminVisit{"POST", "/close-idle"},
};

/// The status; 0 when the connection ends before it.
int ask(const Endpoint& port, const AdminVisit& visit) try {
  const Spared spared;
  Client client(port);
  client.send(request_for(visit));
  if (visit.target != "/events") return client.receive_reply().status;
  client.receive_until("\r\n\r\n");
  return 200;
} catch (const std::exception&) {
  return 0;
}

bool is_served_again(const Endpoint& port) {
  for (std::size_t i = 0; i <= most_in_a_row; ++i)
    if (ask(port, visits.front()) == 200) return true;
  return false;
}

/// A lab server with something to tell, and its admin port.
struct Lab {
  Lab() {
    const Spared spared;
    Client(server).exchange(get("/"));
    settings.admin_port = {.choice = lab::AdminPort::Choice::fixed, .port = 0};
    admin = std::make_unique<lab::Admin>(settings, server, events);
  }

  lab::ServerEvents events;
  Server server{events.attach({})};
  lab::Settings settings;
  std::unique_ptr<lab::Admin> admin;
};

void visit_all(const Scale& scale, Findings& findings) {
  Table table({"request", "in a row", "places", "answered all the same"});
  Lab lab;
  for (const AdminVisit& visit : visits) {
    const std::string name = std::string(visit.method) + ' ' + std::string(visit.target);
    for (const std::size_t times : {std::size_t{1}, most_in_a_row}) {
      std::size_t places = 0;
      std::size_t answered = 0;
      bool has_failed = true;
      for (std::size_t n = 1 + scale.seed % scale.place_step; has_failed; n += scale.place_step) {
        {
          const FailingAllocation failing(n, times);
          const int status = ask(lab.admin->endpoint(), visit);
          has_failed = failing.has_failed();
          places += has_failed ? 1 : 0;
          answered += has_failed && status != 0 ? 1 : 0;
        }
        const std::string where = name + ", allocation " + std::to_string(n);
        findings.expect(is_served_again(lab.admin->endpoint()), where + ": who came afterwards was not served");
      }
      table.add({name, std::to_string(times), std::to_string(places), std::to_string(answered)});
    }
  }
  std::cout << table;
}

}  // namespace

void failing_admin(const Scale& scale, Findings& findings) {
  visit_all({.place_step = 1000}, findings);  // what is made once in a process
  const std::int64_t before = pieces_in_use();
  visit_all(scale, findings);
  const std::int64_t left = pieces_in_use() - before;
  findings.expect(left == 0, std::to_string(left) + " pieces of memory were left");
}

}  // namespace closelab::hostile
