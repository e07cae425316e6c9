#pragma once

#include <functional>

#include "tests/support/capture.h"

namespace closelab::kernel_test {

/// Moves this process into a user and network namespace of its own, where loopback, all ports and every packet are
/// the test's, and runs `body` there with a capture under way; returns its exit code. Call it before any thread is
/// started. Where the machine does not allow it the test is skipped, or fails in CI.
int run_in_private_network(char** arguments, const std::function<int(Sniffer&)>& body);

/// The same without a capture.
int run_in_private_network(char** arguments, const std::function<int()>& body);

}  // namespace closelab::kernel_test
