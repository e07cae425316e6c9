#include "server/lab/settings/text_style.h"

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

TextStyle choose_text_style(Color color) {
  if (color == Color::always) return TextStyle::colored;
  if (color == Color::never || is_set("NO_COLOR") || ::isatty(STDOUT_FILENO) == 0) return TextStyle::plain;
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) == "dumb" ? TextStyle::plain : TextStyle::colored;
}

}  // namespace closelab::lab
