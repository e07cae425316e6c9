#include "server/lab/admin/admin.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "server/lab/admin/guard.h"
#include "server/lab/admin/routes.h"
#include "server/lab/settings/fixed_limits.h"

namespace closelab::lab {
namespace {

constexpr std::chrono::milliseconds patience{500};

using AddHandlers = std::function<void(Server&)>;

Options admin_options(const Settings& settings, std::uint16_t port, const AddHandlers& add_handlers) {
  Options options{.listen = {.address = settings.admin_address, .port = port}};
  // One that goes away in the middle must not keep the program from stopping.
  options.lingering.time = patience;
  // No client of the lab's evidence should have to deal with a connection that has gone stale.
  options.timeouts.idle_timeout = longest_wait;
  // Whoever waits or reads along has gone with its FIN, and leaves its place to others.
  options.client_half_close = ClientHalfClose::abort;
  options.max_connections = admin_connections;
  options.spare_descriptors = admin_spare_descriptors;
  options.lookups = Switch::off;
  options.records_kept = 0;
  options.requests_kept = 0;
  options.grace = patience;
  options.on_listening = add_handlers;
  return options;
}

std::uint16_t port_above(std::uint16_t port) {
  const bool has_next = port != 0 && port != std::numeric_limits<std::uint16_t>::max();
  return has_next ? static_cast<std::uint16_t>(port + 1) : std::uint16_t{0};
}

/// A port that was asked for and can't be had: which of the program's two ports it is has to be said.
std::unique_ptr<Server> listen_on(const Settings& settings, std::uint16_t port, const AddHandlers& add_handlers) try {
  return std::make_unique<Server>(admin_options(settings, port, add_handlers));
} catch (const ListenError& error) {
  throw ListenError(error.code(), std::string("admin port: ") + error.what());
}

/// The settings don't know the port of a socket that is handed over.
std::uint16_t automatic_port(const ListenOptions& lab) { return lab.fd ? std::uint16_t{0} : port_above(lab.port); }

std::unique_ptr<Server> listen(const Settings& settings, const AddHandlers& add_handlers) {
  if (settings.admin_port.choice == AdminPort::Choice::fixed)
    return listen_on(settings, settings.admin_port.port, add_handlers);
  try {
    return std::make_unique<Server>(admin_options(settings, automatic_port(settings.options.listen), add_handlers));
  } catch (const ListenError&) {
    return listen_on(settings, 0, add_handlers);
  }
}

std::vector<AdminRoute> all_routes(const Settings& settings, Server& lab, ServerEvents& events) {
  std::vector<AdminRoute> all;
  for (std::vector<AdminRoute> some :
       {connection_routes(lab, events.dispatcher()), command_routes(lab), drain_routes(lab), rule_routes(lab),
        capture_routes(lab, events.dispatcher()), overview_routes(settings, lab, events)})
    std::move(some.begin(), some.end(), std::back_inserter(all));
  return all;
}

/// Sends what `act` returns, or why it refuses.
template <class Act>
void respond(const Responder& responder, const Act& act) try {
  if (std::optional<Response> response = act()) responder.send(std::move(*response));
} catch (const Refusal& refusal) {
  Response response = error_reply(refusal);
  if (refusal.details().contains("allow"))
    response.headers.push_back({"Allow", refusal.details()["allow"].get<std::string>()});
  responder.send(std::move(response));
}

}  // namespace

Admin::Admin(const Settings& settings, Server& lab, ServerEvents& events)
    : events_(events), hosts_(settings.admin_hosts), routes_(all_routes(settings, lab, events)) {
  std::ranges::move(page_routes(lab, [this] { return route_list(routes_); }), std::back_inserter(routes_));
  // Whoever asks until somebody answers is there as soon as the port is.
  server_ = listen(settings, [this](Server& server) {
    server.handle_async("/*", [this](const Responder& responder) { serve(responder); });
  });
}

Admin::~Admin() { stop(); }

void Admin::stop() {
  events_.dispatcher().stop();
  server_->stop();
  commands_.stop();
}

void Admin::serve(const Responder& responder) {
  respond(responder, [&]() -> std::optional<Response> {
    const Request& request = responder.request();
    if (const auto refusal = guard(request, hosts_)) throw Refusal(*refusal);
    const auto [route, id] = find_route(routes_, request.method, request.path);
    const Call call{responder, id, read_parameters(*route, request.query)};
    if (route->runs_on == RunsOn::admin_reactor) return route->action(call);
    const auto command = [call, &action = route->action] { respond(call.responder, [&] { return action(call); }); };
    commands_.post(command);
    return std::nullopt;
  });
}

}  // namespace closelab::lab
