#pragma once

#include <optional>
#include <string_view>

/// What a service manager such as systemd and a service tell each other (sd_listen_fds(3), sd_notify(3)); every
/// function does nothing where there is none.
namespace closelab::lab {

/// The listening socket that was handed over in LISTEN_FDS, if LISTEN_PID is this process; both are then unset, for no
/// child shall take them for its own. Throws UsageError when there are several.
std::optional<int> take_handed_over_socket();

/// Sends `READY=1` or another state to NOTIFY_SOCKET. Nothing depends on its arrival.
void notify(std::string_view state);

}  // namespace closelab::lab
