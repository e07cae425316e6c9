#pragma once

#include <string>

#include "closelab/server.h"

namespace closelab::lab {

/// The body of `/`: which connection and request this is, what the server will do after the response
/// and why, who will therefore hold TIME_WAIT, how to see it, and what to try next.
std::string root_page(const Request& request, const Options& options, const Endpoint& server,
                      Switch hold = Switch::off);

}  // namespace closelab::lab
