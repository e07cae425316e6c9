#pragma once

namespace closelab::net {

/// Throws ListenError unless the descriptor is a TCP socket that listens; it says what the descriptor is instead.
void require_listening(int fd);

}  // namespace closelab::net
