#include "closelab/close_mode.h"

#include <array>
#include <ostream>

namespace closelab {
namespace {

constexpr std::array<std::string_view, 7> names{"lingering", "immediate", "abortive", "delayed",
                                                "half",      "deferred",  "never"};

}  // namespace

std::string_view to_string(CloseMode mode) { return names[static_cast<std::size_t>(mode)]; }

std::optional<CloseMode> parse_close_mode(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<CloseMode>(i);
  }
  return std::nullopt;
}

std::string_view close_mode_names() { return "lingering, immediate, abortive, delayed, half, deferred, never"; }

std::string_view to_string(LingeringWhen when) { return when == LingeringWhen::always ? "always" : "unread"; }

std::ostream& operator<<(std::ostream& out, CloseMode mode) { return out << to_string(mode); }

std::ostream& operator<<(std::ostream& out, LingeringWhen when) { return out << to_string(when); }

}  // namespace closelab
