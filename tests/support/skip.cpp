#include "tests/support/skip.h"

#include <atomic>
#include <cstdlib>
#include <iostream>

namespace closelab::test {
namespace {

std::atomic<bool> something_was_skipped = false;

bool in_ci() {
  const char* const ci = std::getenv("CI");
  return ci != nullptr && std::string(ci) == "true";
}

}  // namespace

void skip(const std::string& why) {
  something_was_skipped = true;
  std::cout << (in_ci() ? "FAILED: it must run here, but: " : "SKIPPED: ") << why << std::endl;
}

int exit_code_with_skips(int exit_code) {
  if (exit_code != EXIT_SUCCESS || !something_was_skipped) return exit_code;
  return in_ci() ? EXIT_FAILURE : skipped_exit_code;
}

}  // namespace closelab::test
