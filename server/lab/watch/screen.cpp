#include "server/lab/watch/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "server/lab/settings/text_style.h"

namespace closelab::lab {
namespace {

bool is_terminal() {
  const char* const name = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && name != nullptr && std::string_view(name) != "dumb";
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "writing to standard output");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Screen::Screen(LogFormat format) : format_(format), in_place_(format == LogFormat::text && is_terminal()) {}

Room Screen::room() const {
  const Charset charset = choose_text_layout(Color::never).charset;
  winsize size{};
  if (!in_place_ || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return {.charset = charset};
  // The last line is the cursor's; a line that fills the last column may wrap.
  return {.rows = size.ws_row - 1U, .columns = size.ws_col - 1U, .charset = charset};
}

/// Back to where the last text began.
std::string Screen::go_back(std::size_t columns) const {
  if (shown_rows_ == 0) return "";
  // In a window of another width its lines may have been broken anew: where they begin is not known any more.
  if (columns != shown_columns_) return "\x1b[H\x1b[2J";
  return fmt::format("\r\x1b[{}A", shown_rows_);
}

/// The text over what was there: each line to its end, then all that is below.
std::string Screen::frame(std::string_view text, std::size_t columns) const {
  std::string frame = go_back(columns);
  for (const char c : text) frame += c == '\n' ? "\x1b[K\n" : std::string(1, c);
  return frame + "\x1b[J";
}

void Screen::show(std::string_view text) {
  const std::size_t columns = room().columns;
  if (in_place_) {
    write_all(frame(text, columns));
  } else {
    if (shown_rows_ != 0 && format_ == LogFormat::text) write_all("\n");
    write_all(text);
  }
  // Otherwise it only matters that there was something.
  shown_rows_ = in_place_ ? static_cast<std::size_t>(std::ranges::count(text, '\n')) : 1;
  shown_columns_ = columns;
}

}  // namespace closelab::lab
