#include "closelab/listener_mode.h"

#include <ostream>

namespace closelab {

std::string_view to_string(ListenerMode mode) {
  if (mode == ListenerMode::accept) return "accept";
  return mode == ListenerMode::refuse ? "refuse" : "ignore";
}

std::ostream& operator<<(std::ostream& out, ListenerMode mode) { return out << to_string(mode); }

}  // namespace closelab
