#pragma once

#include <vector>

#include "closelab/server.h"
#include "server/lab/admin/event_dispatcher.h"
#include "server/lab/admin/route.h"
#include "server/lab/admin/server_events.h"
#include "server/lab/settings/settings.h"

/// The routes of the admin port, by subject; docs/admin.md describes them.
namespace closelab::lab {

/// What connections do: records, barriers, requests, events.
std::vector<AdminRoute> connection_routes(Server& lab, EventDispatcher& dispatcher);
/// What our side does to connections: close, hold, release.
std::vector<AdminRoute> command_routes(Server& lab);
/// What our side does to all that come: drain, and the listener.
std::vector<AdminRoute> drain_routes(Server& lab);
std::vector<AdminRoute> rule_routes(Server& lab);
/// Packets, as files that Wireshark reads.
std::vector<AdminRoute> capture_routes(Server& lab, EventDispatcher& dispatcher);
/// The live page, and for those who are no browser what `list` says.
std::vector<AdminRoute> page_routes(const Server& lab, std::function<std::string()> list);
/// Routes for the server as a whole: TCP states, settings, metrics.
std::vector<AdminRoute> overview_routes(const Settings& settings, Server& lab, ServerEvents& events);

/// A route that is a command: a POST that takes no content.
AdminRoute command(std::string_view path, std::vector<std::string_view> parameters, std::string_view help,
                   std::function<Response(const Call&)> act, RunsOn runs_on = RunsOn::command_thread);

/// What the first so many open connections are doing, and how many more there are.
struct OpenConnections {
  Json told = Json::array();
  std::size_t left_out = 0;
};
OpenConnections open_connections(const Server& lab, std::size_t most);

}  // namespace closelab::lab
