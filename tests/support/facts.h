#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "closelab/evidence.h"

namespace closelab::test {

/// One fact of each kind, empty.
inline std::vector<Fact> every_fact() {
  return []<std::size_t... index>(std::index_sequence<index...>) {
    return std::vector<Fact>{std::variant_alternative_t<index, Fact>{}...};
  }
  (std::make_index_sequence<std::variant_size_v<Fact>>{});
}

/// What the facts are called.
inline std::vector<std::string> fact_names() {
  std::vector<std::string> names;
  for (const Fact& fact : every_fact()) names.emplace_back(to_string(fact));
  return names;
}

}  // namespace closelab::test
