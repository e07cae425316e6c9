#pragma once

#include <cstdint>

namespace closelab::server {

/// What type of value a key takes, for notations that have types (TOML, JSON); `number` is a whole one.
enum class ValueKind : std::uint8_t { on_off, number, fraction, text };

}  // namespace closelab::server
