#pragma once

#include "server/lab/watch/settings.h"

namespace closelab::lab {

/// Shows the machine's TCP sockets, once or until a signal ends the process; returns the exit code. Throws
/// std::runtime_error when the kernel can't be asked.
int watch(const WatchSettings& settings);

}  // namespace closelab::lab
