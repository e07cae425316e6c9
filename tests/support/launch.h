#pragma once

#include <string>
#include <vector>

#include "closelab/endpoint.h"

namespace closelab::persona_test {

/// A server's program on this machine: in PATH, where Debian has servers, or where ./check puts them; empty when it is
/// not installed.
std::string find_program(const std::string& name);

/// What a command begins with so that the program does not run as root. As root servers would want to become another
/// user, whom a user namespace does not have.
std::vector<std::string> without_root();

/// Until somebody listens there; throws when nobody does.
void await_listener(const Endpoint& endpoint);

}  // namespace closelab::persona_test
