#include "server/lab/paint.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace closelab::lab {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

Paint choose_paint(Color color) {
  if (color == Color::always) return Paint::colored;
  if (color == Color::never || is_set("NO_COLOR") || ::isatty(STDOUT_FILENO) == 0) return Paint::plain;
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) == "dumb" ? Paint::plain : Paint::colored;
}

}  // namespace closelab::lab
