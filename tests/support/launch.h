#pragma once

#include <string>
#include <vector>

#include "closelab/endpoint.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"

namespace closelab::persona_test {

/// A server's program on this machine: in PATH, where Debian has servers, or where ./check puts them; empty when it is
/// not installed.
std::string find_program(const std::string& name);

/// The program, or a copy of it in the folder where it is one that ./check unpacked: others than root may not be
/// allowed to enter its place.
std::string runnable_by_anybody(const std::string& program, const Folder& folder);

/// What a command begins with so that the program does not run as root. As root servers would want to become another
/// user, whom a user namespace does not have.
std::vector<std::string> without_root();

/// Until somebody listens there; throws when nobody does, and with what it said when the program ended instead.
void await_listener(const Endpoint& endpoint, const cli::Program& program);

}  // namespace closelab::persona_test
