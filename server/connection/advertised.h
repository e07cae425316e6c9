#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>

#include "closelab/keep_alive.h"

namespace closelab::server {

/// What a Keep-Alive field says of a limit, of which `enforced` is in effect (unset: none). Unset: nothing is said.
template <class Value>
std::optional<Value> advertised(const Advertised<Value>& hint, std::optional<Value> enforced) {
  switch (hint.kind) {
    case Advertised<Value>::Kind::enforced:
      return enforced;
    case Advertised<Value>::Kind::off:
      return std::nullopt;
    case Advertised<Value>::Kind::fixed:
      return hint.value;
    case Advertised<Value>::Kind::offset:
      if (!enforced) return std::nullopt;
      return std::max(Value{}, *enforced + hint.value);
  }
  return std::nullopt;
}

}  // namespace closelab::server
