#pragma once

#include <cstdint>

namespace closelab::server {

/// What type of value a key takes, for notations that have types (TOML, JSON); `number` is a whole one.
enum class ValueKind : std::uint8_t {
  on,  ///< there and on, or not there
  on_off,
  number,
  fraction,
  text
};

constexpr bool is_switch(ValueKind kind) { return kind == ValueKind::on || kind == ValueKind::on_off; }

}  // namespace closelab::server
