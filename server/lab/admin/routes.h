#pragma once

#include <vector>

#include "closelab/server.h"
#include "server/lab/admin/feed.h"
#include "server/lab/admin/hub.h"
#include "server/lab/admin/route.h"
#include "server/lab/settings.h"

/// The routes of the admin port, by subject; docs/admin.md describes them.
namespace closelab::lab {

/// What connections do: records, barriers, requests, events.
std::vector<AdminRoute> connection_routes(Server& lab, Hub& hub);
/// What our side does to connections: close, hold, release.
std::vector<AdminRoute> command_routes(Server& lab);
std::vector<AdminRoute> rule_routes(Server& lab);
/// Of the server as a whole: TCP states, settings, metrics.
std::vector<AdminRoute> overview_routes(const Settings& settings, Server& lab, Feed& feed);

}  // namespace closelab::lab
