#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace closelab::testbed {

/// Throws that the call before, which set errno, failed; `what` says what it was for.
[[noreturn]] inline void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace closelab::testbed
