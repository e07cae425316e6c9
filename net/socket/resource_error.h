#pragma once

#include <cerrno>

namespace closelab::net {

/// The call failed because this machine lacks something, epoll_ctl()'s ENOSPC among it: of the connection it says
/// nothing, not even that it is over.
inline bool is_resource_error(int error) { return error == ENOMEM || error == ENOBUFS || error == ENOSPC; }

}  // namespace closelab::net
