#pragma once

#include "closelab/server.h"

namespace closelab::lab {

/// The lab's routes, each a handler of a request whose path begins with the route.
Response echo(const Request& request);
Response bytes(const Request& request);
Response chunked(const Request& request);
Response status(const Request& request);
Response delay(const Request& request);
Response close(const Request& request);
/// 404 with the list of routes.
Response not_found(const Request& request);

/// Adds them, and `/` (see root_page.h), to a server; each takes the options of query_options.h in its query. What is
/// refused for its path or method is refused before a 100 (Continue).
void add_routes(Server& server, Switch cors = Switch::off);

}  // namespace closelab::lab
