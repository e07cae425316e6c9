// A command of the admin port was answered when it had been left with the lab's reactors: clients still connected after
// listener?mode=refuse, and requests were still served after drain?status=503.

#include <poll.h>

#include <exception>
#include <optional>

#include "server/lab/admin/admin.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// A lab with an admin port, a client of the lab whose connection is idle, and one of the admin port.
struct Rig {
  explicit Rig(unsigned reactors) : options(feed.attach({.reactors = reactors})), lab(options) {
    CHECK(idle.exchange(get("/")).status == 200);
    REQUIRE(lab.wait_idle(1, patience));
  }

  int command(const std::string& target) {
    return operator_
        .exchange("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n" +
                  "Content-Type: application/json\r\n\r\n")
        .status;
  }

  lab::ServerEvents feed;
  Options options;
  TestServer lab;
  lab::Settings settings;
  lab::Admin admin{settings, lab, feed};
  Client idle{lab};
  Client operator_{admin.endpoint()};
};

bool connects(const Server& lab) try {
  const Client client(lab);
  return true;
} catch (const std::exception&) {
  return false;
}

/// Has its end arrived? Asked without waiting.
bool has_ended(const Client& client) {
  pollfd polled{client.fd(), POLLIN | POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) == 1 && (polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

struct Row {
  std::string command;
  std::string undo;
  std::function<bool(Rig&)> holds;
};

const Row rows[] = {
    {"/listener?mode=refuse", "/listener?mode=accept", [](Rig& rig) { return !connects(rig.lab); }},
    {"/listener?mode=accept", "/listener?mode=refuse", [](Rig& rig) { return connects(rig.lab); }},
    {"/drain?status=503", "/undrain", [](Rig& rig) { return rig.idle.exchange(get("/")).status == 503; }},
    {"/undrain", "/drain?status=503", [](Rig& rig) { return rig.idle.exchange(get("/")).status == 200; }},
    {"/drain", "", [](Rig& rig) { return has_ended(rig.idle); }},
    {"/close-idle", "", [](Rig& rig) { return has_ended(rig.idle); }},
    {"/connections/1/close", "", [](Rig& rig) { return has_ended(rig.idle); }},
    {"/connections/1/close?mode=abortive", "", [](Rig& rig) { return has_ended(rig.idle); }},
};

/// How often of 50 it held when it had been answered. What can be undone is tried on one server.
int times_held(const Row& row, unsigned reactors) {
  int held = 0;
  std::optional<Rig> rig;
  for (int i = 0; i < 50; ++i) {
    if (!rig || row.undo.empty()) rig.emplace(reactors);
    if (!row.undo.empty()) CHECK(rig->command(row.undo) == 200);
    CHECK(rig->command(row.command) == 200);
    held += row.holds(*rig) ? 1 : 0;
  }
  return held;
}

TEST_CASE("a command of the admin port holds when it is answered") {
  for (const Row& row : rows) {
    for (const unsigned reactors : {1U, 2U}) {
      INFO(row.command, " with reactors: ", reactors);
      CHECK(times_held(row, reactors) == 50);
    }
  }
}

}  // namespace
}  // namespace closelab::loopback
