#pragma once

namespace closelab::test {

/// Under AddressSanitizer or ThreadSanitizer, time and memory have other limits.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

}  // namespace closelab::test
