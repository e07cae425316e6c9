#pragma once

#include <span>
#include <string_view>

namespace closelab::lab {

/// A claim of the textbook's chapter on the end of connections, in our words.
struct Claim {
  std::string_view id;
  std::string_view text;
};

/// A1 to C10, in their order.
std::span<const Claim> claims();

/// Null when there is none.
const Claim* find_claim(std::string_view id);

}  // namespace closelab::lab
