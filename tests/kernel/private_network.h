#pragma once

namespace closelab::kernel_test {

/// Moves this process into a user and network namespace of its own, where loopback, all ports and every packet are
/// the test's. Call it before any thread is started. Throws std::runtime_error when the machine does not allow it.
void enter_private_network(char** arguments);

}  // namespace closelab::kernel_test
