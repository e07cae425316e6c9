#include "tests/hostile/chaos_admin.h"

#include <array>
#include <exception>
#include <string>
#include <string_view>

#include "server/lab/admin/admin.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

struct Visit {
  std::string_view method;
  std::string_view target;
  std::string_view body = {};
};

constexpr std::array visits{
    Visit{"GET", "/connections"},
    Visit{"GET", "/connections?wait=closed&timeout=50ms"},
    Visit{"GET", "/connections?wait=idle&timeout=10m"},
    Visit{"GET", "/connections/1"},
    Visit{"GET", "/requests"},
    Visit{"GET", "/states"},
    Visit{"GET", "/metrics"},
    Visit{"GET", "/events"},
    Visit{"GET", "/rules"},
    Visit{"POST", "/rules", R"({"at":"idle:20ms","close":"abortive","times":1})"},
    Visit{"POST", "/rules", R"({"at":"after_response","send":"surplus","times":1})"},
    Visit{"PUT", "/rules", "[[[["},
    Visit{"POST", "/close-idle"},
    Visit{"POST", "/connections/1/close?mode=immediate"},
    Visit{"POST", "/hold"},
    Visit{"POST", "/release"},
    Visit{"POST", "/drain?idle_after=10ms"},
    Visit{"POST", "/undrain"},
    Visit{"POST", "/listener?mode=refuse&for=20ms"},
};

std::string request_for(const Visit& visit) {
  const std::string length = "Content-Length: " + std::to_string(visit.body.size()) + "\r\n";
  return std::string(visit.method) + ' ' + std::string(visit.target) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + (visit.body.empty() ? "" : length) +
         "\r\n" + std::string(visit.body);
}

/// Most read something of the answer; nobody waits for the end of one that may have none.
void play(const Visit& visit, const Endpoint& port, Random& random) {
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
