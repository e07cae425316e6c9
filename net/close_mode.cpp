#include "closelab/close_mode.h"

#include <array>

namespace closelab {
namespace {

constexpr std::array<std::string_view, 3> names{"lingering", "immediate", "abortive"};

}  // namespace

std::string_view to_string(CloseMode mode) { return names[static_cast<std::size_t>(mode)]; }

std::optional<CloseMode> parse_close_mode(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<CloseMode>(i);
  }
  return std::nullopt;
}

std::string_view close_mode_names() { return "lingering, immediate, abortive"; }

}  // namespace closelab
