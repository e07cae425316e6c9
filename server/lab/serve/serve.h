#pragma once

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Serves until SIGINT, SIGTERM or SIGHUP; returns the exit code. Throws ListenError and std::invalid_argument
/// as Server's constructor does.
int serve(Settings settings);

/// Prints the settings as a conf file, and the socket options as the kernel reports them.
int print_conf(const Settings& settings);

}  // namespace closelab::lab
