#pragma once

#include <string>

namespace closelab::test {

/// What ctest takes for skipped (SKIP_RETURN_CODE).
constexpr int skipped_exit_code = 77;

/// Notes that a part of this test can't run on this machine, and says why. With CI=true in the environment that is a
/// failure. From any thread.
void skip(const std::string& why);

/// Whether this machine has IPv6; where it has none, what needs it is skipped.
bool has_ipv6();

/// The exit code of a test that ended with `exit_code`, by what was skipped: skipping a part hides no failure of
/// another.
int exit_code_with_skips(int exit_code);

}  // namespace closelab::test
