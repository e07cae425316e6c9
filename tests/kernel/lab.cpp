#include "tests/kernel/lab.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "closelab/packet_witness.h"
#include "net/socket/socket_address.h"
#include "tests/support/skip.h"

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t big_body = 1024 * 1024;

Response small_answer() { return {.body = "ok\n"}; }

Response end_in(CloseMode mode) {
  Response response = small_answer();
  response.close_mode = mode;
  return response;
}

Options options_of(Persona persona) {
  Options options = lab_options();
  switch (persona) {
    case Persona::lingering:
      break;
    case Persona::ipv6:
      if (test::has_ipv6()) options.listen.address = "::1";
      break;
    case Persona::dual_stack:
      if (test::has_ipv6()) options.listen.address = "::";
      break;
    case Persona::immediate:
      options.close_mode = CloseMode::immediate;
      break;
    case Persona::abortive:
      options.close_mode = CloseMode::abortive;
      break;
    case Persona::linger_0:
      options.socket.linger = 0s;
      break;
    case Persona::linger_1:
      options.socket.linger = 1s;
      break;
    case Persona::small_bounds:
      options.lingering = {.time = short_bound, .bytes = 4096};
      break;
    case Persona::short_idle:
      options.timeouts.idle_timeout = short_idle_timeout;
      break;
    case Persona::short_timeouts:
      options.timeouts.header_timeout = options.timeouts.body_timeout = options.timeouts.write_timeout = short_bound;
      break;
    case Persona::request_limit:
      options.request_limit = 2;
      break;
    case Persona::one_connection:
      options.max_connections = 1;
      break;
    case Persona::delayed:
      options.close_mode = CloseMode::delayed;
      break;
    case Persona::half:
      options.close_mode = CloseMode::half;
      break;
    case Persona::deferred:
      options.close_mode = CloseMode::deferred;
      break;
    case Persona::lingering_unread:
      options.lingering_when = LingeringWhen::unread;
      break;
  }
  return options;
}

}  // namespace

void HeldRequests::hold(Responder responder) {
  const std::lock_guard lock(mutex_);
  const std::uint16_t port = responder.request().client.port;
  held_.insert_or_assign(port, std::move(responder));
  changed_.notify_all();
}

Responder HeldRequests::take(std::uint16_t client_port) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, 10s, [&] { return held_.contains(client_port); })) {
    throw std::runtime_error("the request did not arrive");
  }
  return std::move(held_.extract(client_port).mapped());
}

namespace {

/// The environment asks for packets as a witness; each server needs one of its own.
Options with_witness(Options options) {
  if (std::getenv("CLOSELAB_KERNEL_TEST_WITNESS") != nullptr) options.witness = packet_witness();
  return options;
}

}  // namespace

void SeenRequests::note(const Request& request) {
  const std::lock_guard lock(mutex_);
  seen_.emplace(request.connection_id, request.request_number);
}

bool SeenRequests::contains(std::uint64_t connection_id, std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return seen_.contains({connection_id, number});
}

LabServer::LabServer(const Options& options) : server(with_witness(options)) {
  const auto handle = [this](const std::string& path, const Handler& handler) {
    server.handle(path, [this, handler](const Request& request) {
      seen.note(request);
      return handler(request);
    });
  };
  handle("/", [](const Request&) { return small_answer(); });
  handle("/big", [](const Request&) { return Response{.body = std::string(big_body, 'x')}; });
  using enum CloseMode;
  for (const CloseMode mode : {lingering, immediate, abortive, delayed, half, deferred}) {
    handle("/close/" + std::string(to_string(mode)), [mode](const Request&) { return end_in(mode); });
  }
  handle("/fails", [](const Request&) -> Response { throw std::runtime_error("deliberately"); });
  server.handle_async("/held", [this](Responder responder) {
    seen.note(responder.request());
    held.hold(std::move(responder));
  });
}

Endpoint LabServer::reachable() const {
  const std::string& address = server.options().listen.address;
  return *net::parse_address(address == "::" ? "127.0.0.1" : address, server.port());
}

Lab::Lab(const std::string& address) {
  for (std::size_t i = 0; i < persona_count; ++i) {
    Options options = options_of(static_cast<Persona>(i));
    if (!address.empty()) options.listen.address = address;
    servers_[i] = std::make_unique<LabServer>(options);
  }
}

Options lab_options() {
  Options options;
  options.reactors = 2;
  options.records_kept = 1'000'000;
  options.limits.body_bytes = 1000;
  options.timeouts.idle_timeout = 20s;
  options.close_times = {.delayed_time = short_bound, .half_time = 2 * short_bound, .deferred_time = short_bound};
  return options;
}

}  // namespace closelab::kernel_test
