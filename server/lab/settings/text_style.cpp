#include "server/lab/settings/text_style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

/// Nobody reads wider lines; a larger number in COLUMNS is a mistake.
constexpr std::uint64_t widest = 1000;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

TextStyle style_of(Color color, const Surroundings& around) {
  if (color == Color::always) return TextStyle::colored;
  const bool plain = color == Color::never || !around.no_color.empty() || around.term.empty() ||
                     around.term == "dumb" || around.output == Surroundings::Output::file;
  return plain ? TextStyle::plain : TextStyle::colored;
}

/// 0 where nobody says.
std::size_t columns_of(const Surroundings& around) {
  const auto asked = server::parse_number(around.columns);
  return asked && asked.value > 0 && asked.value <= widest ? asked.value : around.width;
}

/// POSIX: the first of them that is set and not empty decides (locale(7)). Names end in `.UTF-8` or `.utf8`.
Charset charset_of(const Surroundings& around) {
  std::string locale = around.lc_all;
  if (locale.empty()) locale = around.lc_ctype;
  if (locale.empty()) locale = around.lang;
  std::ranges::transform(locale, locale.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool utf8 = locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  return utf8 ? Charset::utf8 : Charset::ascii;
}

}  // namespace

Surroundings surroundings() {
  Surroundings around{.columns = variable("COLUMNS"),
                      .lc_all = variable("LC_ALL"),
                      .lc_ctype = variable("LC_CTYPE"),
                      .lang = variable("LANG"),
                      .term = variable("TERM"),
                      .no_color = variable("NO_COLOR")};
  if (::isatty(STDOUT_FILENO) == 0) return around;
  around.output = Surroundings::Output::terminal;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) around.width = size.ws_col;
  return around;
}

TextLayout choose_text_layout(Color color, const Surroundings& around) {
  TextLayout layout{.charset = charset_of(around), .style = style_of(color, around)};
  if (const std::size_t columns = columns_of(around); columns > 0) layout.columns = layout.line_columns = columns;
  return layout;
}

TextLayout choose_text_layout(Color color) { return choose_text_layout(color, surroundings()); }

}  // namespace closelab::lab
