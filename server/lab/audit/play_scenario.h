#pragma once

#include "server/lab/audit/client.h"
#include "server/lab/audit/played.h"
#include "server/lab/audit/scenario.h"

namespace closelab::lab {

/// Plays a scenario with the client, on a server of its own.
Played play_scenario(const Scenario& scenario, Client& client);

}  // namespace closelab::lab
