#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "closelab/keep_alive.h"
#include "server/text/longest_time.h"

namespace closelab::server {

template <class Value>
constexpr Value most_advertised{};
template <>
inline constexpr std::chrono::milliseconds most_advertised<std::chrono::milliseconds> = longest_time;
/// Of 53 bits: readers of the log take numbers for doubles (RFC 8259 §6).
template <>
inline constexpr std::int64_t most_advertised<std::int64_t> = (std::int64_t{1} << 53) - 1;

/// What a Keep-Alive field says of a limit, of which `enforced` is in effect (unset: none). Unset: nothing is said.
/// Never less than 0, nor more than `most_advertised`: a response's own hint can't be refused.
template <class Value>
std::optional<Value> advertised(const Advertised<Value>& hint, std::optional<Value> enforced) {
  constexpr Value most = most_advertised<Value>;
  switch (hint.kind) {
    case Advertised<Value>::Kind::enforced:
      return enforced;
    case Advertised<Value>::Kind::off:
      return std::nullopt;
    case Advertised<Value>::Kind::fixed:
      return std::clamp(hint.value, Value{}, most);
    case Advertised<Value>::Kind::offset:
      if (!enforced) return std::nullopt;
      return std::clamp(std::min(*enforced, most) + std::clamp(hint.value, -most, most), Value{}, most);
  }
  return std::nullopt;
}

}  // namespace closelab::server
