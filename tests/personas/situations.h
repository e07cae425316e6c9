#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "tests/personas/visit.h"

namespace closelab::persona_test {

/// With which limits the server runs.
enum class Limits : std::uint8_t {
  standard,  ///< its defaults
  small,     ///< idle, header and body timeout 1 s, 2 requests, bodies up to 64 KiB; none where the server has no such
             ///< limit
};

/// What a client does. It knows these paths:
///   GET /bytes/64, /bytes/1MiB, /bytes/16MiB  so many bytes
///   PUT /bytes/64  is refused (405)
///   GET /delay/300ms  a small answer after that time
///   POST /echo  the body back
struct Situation {
  std::string_view name;
  Limits limits = Limits::standard;
  /// SO_RCVBUF of the client; 0 is the kernel's default.
  int receive_buffer = 0;
  std::function<void(Visit&)> play{};
};

const std::vector<Situation>& situations();

}  // namespace closelab::persona_test
