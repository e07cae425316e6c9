#include "tests/hostile/chaos_admin.h"

#include <array>
#include <exception>
#include <string>
#include <string_view>

#include "server/lab/admin/admin.h"
#include "tests/hostile/admin_visit.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::array visits{
    AdminVisit{"GET", "/connections"},
    AdminVisit{"GET", "/connections?wait=closed&timeout=50ms"},
    AdminVisit{"GET", "/connections?wait=idle&timeout=10m"},
    AdminVisit{"GET", "/connections/1"},
    AdminVisit{"GET", "/requests"},
    AdminVisit{"GET", "/states"},
    AdminVisit{"GET", "/metrics"},
    AdminVisit{"GET", "/events"},
    AdminVisit{"GET", "/rules"},
    AdminVisit{"POST", "/rules", R"({"at":"idle:20ms","close":"abortive","times":1})"},
    AdminVisit{"POST", "/rules", R"({"at":"after_response","send":"surplus","times":1})"},
    AdminVisit{"PUT", "/rules", "[[[["},
    AdminVisit{"POST", "/close-idle"},
    AdminVisit{"POST", "/connections/1/close?mode=immediate"},
    AdminVisit{"POST", "/hold"},
    AdminVisit{"POST", "/release"},
    AdminVisit{"POST", "/drain?idle_after=10ms"},
    AdminVisit{"POST", "/undrain"},
    AdminVisit{"POST", "/listener?mode=refuse&for=20ms"},
};

/// Most read something of the answer; nobody waits for the end of one that may have none.
void play(const AdminVisit& visit, const Endpoint& port, Random& random) {
  Client client(port);
  client.send(request_for(visit));
  const bool is_endless = visit.target == "/events" || visit.target.find("wait=") != std::string_view::npos;
  if (is_endless) {
    loopback::pause(std::chrono::milliseconds(random() % 30));
  } else if (random() % 4 != 0) {
    client.receive_some();
  }
  if (random() % 2 == 0) client.reset();
}

}  // namespace

struct ChaosAdmin::Impl {
  lab::ServerEvents feed;
  lab::Settings settings;
  std::unique_ptr<lab::Admin> admin;
};

ChaosAdmin::ChaosAdmin() {
  impl_ = std::make_unique<Impl>();
  impl_->settings.admin_port = {.choice = lab::AdminPort::Choice::fixed, .port = 0};
}

ChaosAdmin::~ChaosAdmin() = default;

Options ChaosAdmin::attach(Options options) { return impl_->feed.attach(std::move(options)); }

void ChaosAdmin::open(Server& server) {
  impl_->admin = std::make_unique<lab::Admin>(impl_->settings, server, impl_->feed);
}

void ChaosAdmin::visit(Random& random, std::chrono::steady_clock::time_point end) {
  while (std::chrono::steady_clock::now() < end) {
    try {
      play(visits[random() % visits.size()], impl_->admin->endpoint(), random);
    } catch (const std::exception&) {
      // Refused, reset or out of ports.
    }
    loopback::pause(1ms);
  }
}

void ChaosAdmin::close() { impl_->admin.reset(); }

}  // namespace closelab::hostile
